// Hands what our page asks to the browser's WebAuthn, and its answer back to the form of the page.
'use strict';

const toBytes = (text) =>
  Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (character) => character.charCodeAt(0));

const toText = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replace(/\+/g, '-')
    .replace(/\//g, '_')
    .replace(/=+$/, '');

const withBytes = (keys) => (keys ?? []).map((key) => ({ ...key, id: toBytes(key.id) }));

const ASK = {
  create: (options) =>
    navigator.credentials.create({
      publicKey: {
        ...options,
        challenge: toBytes(options.challenge),
        user: { ...options.user, id: toBytes(options.user.id) },
        excludeCredentials: withBytes(options.excludeCredentials),
      },
    }),
  get: (options) =>
    navigator.credentials.get({
      publicKey: {
        ...options,
        challenge: toBytes(options.challenge),
        allowCredentials: withBytes(options.allowCredentials),
      },
    }),
};

function answerOf({ id, rawId, type, response }) {
  const answer = { clientDataJSON: toText(response.clientDataJSON) };
  if (response.attestationObject) {
    answer.attestationObject = toText(response.attestationObject);
    answer.transports = response.getTransports?.() ?? [];
  } else {
    answer.authenticatorData = toText(response.authenticatorData);
    answer.signature = toText(response.signature);
    if (response.userHandle) answer.userHandle = toText(response.userHandle);
  }
  return JSON.stringify({ id, rawId: toText(rawId), type, response: answer });
}

for (const form of document.querySelectorAll('form[data-webauthn]')) {
  const button = form.querySelector('button[type=submit]');
  const show = (name, shown) => {
    form.querySelector(`[data-webauthn-${name}]`).hidden = !shown;
  };
  if (!window.PublicKeyCredential) {
    button.disabled = true;
    show('missing', true);
    continue;
  }
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    show('failed', false);
    button.disabled = true;
    try {
      const credential = await ASK[form.dataset.webauthn](JSON.parse(form.dataset.options));
      form.elements.credential.value = answerOf(credential);
      form.submit();
    } catch {
      button.disabled = false;
      show('failed', true);
      button.focus();
    }
  });
  // Sent before, the form holds no answer of a key, and the server says so.
  form.dataset.ready = '';
}
