// The lessons, for whoever wants to read along.

import { listen } from "./connection.js";
import { byId } from "./drawing.js";

listen("welcome", (welcome) => {
  const row = byId("lesson-list");
  row.replaceChildren();
  for (const [number, title] of welcome.lessons ?? []) {
    const button = document.createElement("button");
    button.textContent = title;
    button.onclick = async () => {
      const article = byId("lesson-text");
      article.innerHTML = await (await fetch(`lesson-${number}`)).text(); // of the package
      if (article.getBoundingClientRect().top > innerHeight / 2) article.scrollIntoView(); // a phone's list fills it
      for (const other of row.children) other.classList.toggle("chosen", other === button);
    };
    row.append(button);
  }
});
