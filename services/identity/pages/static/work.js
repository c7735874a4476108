// Proof of work while the login is under attack: the field "work" is filled before its form goes.
// Without this file the person waits instead; the page says for how long. The same file runs as
// the worker that computes: it finds a number for which SHA-256 of "task:number" begins with
// enough zero bits.
"use strict";

const zeros = (hash) => {
  let count = 0;
  for (const byte of hash) {
    if (byte) return count + Math.clz32(byte) - 24;
    count += 8;
  }
  return count;
};

const search = async ({ data: { task, bits } }) => {
  const text = new TextEncoder();
  for (let number = 0; ; number += 1) {
    const asked = text.encode(`${task}:${number}`);
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", asked));
    if (zeros(hash) >= bits) return postMessage(String(number));
  }
};

const begin = (field, script) => {
  const form = field.form;
  const worker = new Worker(script);
  const found = new Promise((resolve) => {
    worker.onmessage = (event) => resolve((field.value = event.data));
  });
  worker.postMessage({ task: field.dataset.task, bits: Number(field.dataset.bits) });
  document.querySelector(".work").hidden = true;
  form.addEventListener("submit", (event) => {
    if (field.value) return;
    event.preventDefault();
    found.then(() => form.requestSubmit());
  });
};

if (typeof document === "undefined") {
  onmessage = search;
} else {
  const field = document.querySelector("input[data-task]");
  if (field && window.Worker && window.isSecureContext) {
    begin(field, document.currentScript.src);
  }
}
