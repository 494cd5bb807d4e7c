"""Files, images, H.264 video, and quieting libraries."""
