// Goes on as soon as the phone has answered; without this file the page reloads itself.
"use strict";

(() => {
  const place = document.querySelector("[data-state-address]");
  const before = place && place.dataset.state;
  if (before !== "shown" && before !== "opened") return;
  const look = async () => {
    try {
      const answer = await fetch(place.dataset.stateAddress, { cache: "no-store" });
      if (answer.ok && (await answer.text()) !== before) return location.reload();
    } catch {
      // Away for a moment: the next look may do.
    }
    setTimeout(look, 1000);
  };
  setTimeout(look, 1000);
})();
