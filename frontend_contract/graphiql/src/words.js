// The page's own words. GraphiQL's inner labels are English only.
import { createStore, useStore } from './store.js';

const WORDS = {
  fr: {
    language: 'Langue de la page',
    logIn: 'Se connecter',
    logOut: 'Se déconnecter',
    loggingIn: 'Connexion…',
    anonymous: 'Anonyme',
    expired: 'La session a expiré : reconnectez-vous.',
    examples: 'Exemples',
    examplesIntro: 'Choisissez un exemple : il s’ouvre dans un onglet avec ses variables, prêt à être lancé.',
    examplesLogIn: 'La plupart des exemples demandent d’être connecté avec un compte du profil indiqué.',
    preparing: 'Préparation…',
    notFound: 'Rien dans les données visibles ne convient aux variables de cet exemple : connectez-vous avec le profil indiqué, ou complétez-les à la main.',
    cost: 'Coût :',
    requested: 'demandé',
    actual: 'réel',
    left: 'restants',
    noAnswer: 'Le coût de la réponse s’affichera ici.',
    noCost: 'Réponse sans coût annoncé.',
    needsSecure: 'La connexion demande HTTPS, ou une adresse locale (localhost, 127.0.0.1).',
    refused: 'La connexion a été refusée',
    unreachable: 'Le serveur ne répond pas.',
    received: 'Événements reçus :',
    socketClosed: 'La souscription a été fermée',
    menu: 'Session et langue',
    query: 'Opération',
    variables: 'Variables',
    headers: 'En-têtes',
    response: 'Réponse',
    keyboard: 'Ctrl+Entrée lance l’opération ; Ctrl+Espace complète ; Tab passe à la suite.',
  },
  en: {
    language: 'Language of the page',
    logIn: 'Log in',
    logOut: 'Log out',
    loggingIn: 'Logging in…',
    anonymous: 'Anonymous',
    expired: 'The session has expired: log in again.',
    examples: 'Examples',
    examplesIntro: 'Choose an example: it opens in a tab with its variables, ready to run.',
    examplesLogIn: 'Most examples require being logged in with an account of the named profile.',
    preparing: 'Preparing…',
    notFound: 'Nothing in the visible data fits the variables of this example: log in with the named profile, or fill them in by hand.',
    cost: 'Cost:',
    requested: 'requested',
    actual: 'actual',
    left: 'left',
    noAnswer: 'The cost of the answer will be shown here.',
    noCost: 'The answer announces no cost.',
    needsSecure: 'Logging in requires HTTPS, or a local address (localhost, 127.0.0.1).',
    refused: 'The log-in was refused',
    unreachable: 'The server does not answer.',
    received: 'Events received:',
    socketClosed: 'The subscription was closed',
    menu: 'Session and language',
    query: 'Operation',
    variables: 'Variables',
    headers: 'Headers',
    response: 'Answer',
    keyboard: 'Ctrl+Enter runs the operation; Ctrl+Space completes; Tab moves on.',
  },
};

export const PERSONAS = [
  { code: 'supplier', fr: 'Fournisseur', en: 'Supplier' },
  { code: 'recipient', fr: 'Destinataire', en: 'Recipient' },
  { code: 'validator', fr: 'Valideur', en: 'Validator' },
  { code: 'erp', fr: 'ERP', en: 'ERP' },
  { code: 'administrator', fr: 'Administrateur', en: 'Administrator' },
];

const KEY = 'bordereau:language';
const preferred = () =>
  localStorage.getItem(KEY) ?? (navigator.language.toLowerCase().startsWith('fr') ? 'fr' : 'en');

const language = createStore(preferred() === 'en' ? 'en' : 'fr');
document.documentElement.lang = language.get();

export const useLanguage = () => useStore(language);
export const useWords = () => WORDS[useStore(language)];
export const spokenLanguage = () => language.get();
export const words = () => WORDS[language.get()];

export function speak(code) {
  localStorage.setItem(KEY, code);
  document.documentElement.lang = code;
  language.set(code);
}
