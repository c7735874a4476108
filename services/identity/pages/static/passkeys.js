// Passkeys: forms with data-passkey ("get" or "create") are filled by the browser's authenticator
// and sent like any other form. Without this file, or without passkeys, they stay hidden.
"use strict";

(() => {
  const bytes = (text) =>
    Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer)))
      .replace(/\+/g, "-")
      .replace(/\//g, "_")
      .replace(/=+$/, "");

  const options = (form) => {
    const asked = JSON.parse(form.dataset.options);
    asked.challenge = bytes(asked.challenge);
    if (asked.user) asked.user.id = bytes(asked.user.id);
    for (const list of [asked.allowCredentials, asked.excludeCredentials]) {
      for (const one of list || []) one.id = bytes(one.id);
    }
    return asked;
  };

  const written = (credential) => {
    const answer = credential.response;
    const response = { clientDataJSON: text(answer.clientDataJSON) };
    for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (answer[name]) response[name] = text(answer[name]);
    }
    return JSON.stringify({
      id: credential.id,
      rawId: text(credential.rawId),
      type: credential.type,
      response,
    });
  };

  let waiting = null;

  const send = (form, credential) => {
    form.elements.namedItem("credential").value = written(credential);
    form.submit();
  };

  const ask = async (form) => {
    if (waiting) waiting.abort();
    const trouble = form.querySelector(".passkey-trouble");
    trouble.hidden = true;
    try {
      const act = form.dataset.passkey;
      send(form, await navigator.credentials[act]({ publicKey: options(form) }));
    } catch {
      trouble.hidden = false;
      offer(form);
    }
  };

  // Passkeys of this device are offered in the field for the account as well.
  const offer = async (form) => {
    const can = PublicKeyCredential.isConditionalMediationAvailable;
    if (form.dataset.passkey !== "get" || !can || !(await can.call(PublicKeyCredential))) return;
    waiting = new AbortController();
    const asked = { publicKey: options(form), mediation: "conditional", signal: waiting.signal };
    navigator.credentials.get(asked).then((credential) => send(form, credential), () => {});
  };

  if (!window.PublicKeyCredential || !window.isSecureContext) return;
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    form.hidden = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      ask(form);
    });
    offer(form);
  }
})();
