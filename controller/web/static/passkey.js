// Passkeys: asks the browser to make or to use one, and hands on what it says. Pages say where by data attributes.
"use strict";

const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

async function ask(address, body) {
  const reply = await fetch(address, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json" },
    body: JSON.stringify(body),
  });
  const said = await reply.json();
  if (!reply.ok) throw new Error([said.what, said.why, said.now].filter(Boolean).join(" "));
  return said;
}

function described(list) {
  return (list || []).map((one) => ({ ...one, id: bytes(one.id) }));
}

async function made(options) {
  options.challenge = bytes(options.challenge);
  options.user.id = bytes(options.user.id);
  options.excludeCredentials = described(options.excludeCredentials);
  const key = await navigator.credentials.create({ publicKey: options });
  const { clientDataJSON, attestationObject } = key.response;
  return {
    id: key.id, rawId: text(key.rawId), type: key.type,
    response: { clientDataJSON: text(clientDataJSON), attestationObject: text(attestationObject) },
  };
}

async function used(options) {
  options.challenge = bytes(options.challenge);
  options.allowCredentials = described(options.allowCredentials);
  const key = await navigator.credentials.get({ publicKey: options });
  const { clientDataJSON, authenticatorData, signature, userHandle } = key.response;
  return {
    id: key.id, rawId: text(key.rawId), type: key.type,
    response: {
      clientDataJSON: text(clientDataJSON), authenticatorData: text(authenticatorData), signature: text(signature),
      userHandle: userHandle ? text(userHandle) : null,
    },
  };
}

function inWords(error) {
  if (error.name === "NotAllowedError") return "No passkey was used. You ended it, or it took too long. Try again.";
  if (error.name === "InvalidStateError") return "This device has a passkey for this account already. Use another one.";
  return error.message || "The passkey did not work. Try again, or sign in another way.";
}

document.addEventListener("submit", async (event) => {
  const form = event.target.closest("form[data-passkey]");
  if (!form) return;
  event.preventDefault();
  const told = form.querySelector("[role=alert]");
  const button = form.querySelector("button");
  told.hidden = true;
  if (!window.PublicKeyCredential) {
    told.textContent = "This browser has no passkeys. Use a password and an app instead.";
    told.hidden = false;
    return;
  }
  button.disabled = true;
  try {
    const fields = Object.fromEntries(new FormData(form));
    const options = await ask(form.dataset.options, fields);
    const credential = await (form.dataset.passkey === "create" ? made(options) : used(options));
    const done = await ask(form.dataset.finish, { ...fields, credential });
    location.assign(done.next);
  } catch (error) {
    told.textContent = inWords(error);
    told.hidden = false;
    button.disabled = false;
  }
});
