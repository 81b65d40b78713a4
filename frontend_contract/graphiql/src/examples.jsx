// The examples, by persona: each opens in a tab with its variables filled from what the caller can see.
import { useEditorContext, usePluginStore } from '@graphiql/react';
import { useEffect, useState } from 'react';
import { authorised, send } from './transport.js';
import { PERSONAS, useLanguage, useWords } from './words.js';

const TITLE = 'Examples';

export const WELCOME = `# Ctrl+Entrée lance l'opération, Ctrl+Espace complète.
# Ctrl+Enter runs the operation, Ctrl+Space completes.

query WhoAmI {
  viewer {
    name
  }
}
`;

// GraphiQL 4 opens a pane on a click only: its property for this is read after the pane is laid out.
export function OpenedExamples() {
  const isReady = usePluginStore().plugins.length > 0;
  useEffect(() => {
    if (isReady) document.querySelector(`[aria-label="Show ${TITLE}"]`)?.click();
  }, [isReady]);
}

export function examplesPlugin(config) {
  return {
    title: TITLE,
    icon: ExamplesIcon,
    content: () => <Examples config={config} />,
  };
}

function Examples({ config }) {
  const language = useLanguage();
  const said = useWords();
  const open = useOpen();
  const [preparing, setPreparing] = useState('');
  const [warning, setWarning] = useState('');

  const choose = async (example) => {
    setPreparing(example.name);
    setWarning('');
    const { variables, complete } = await filled(config, example);
    open(example.document, variables ? JSON.stringify(variables, null, 2) : '');
    if (!complete) setWarning(example.name);
    setPreparing('');
  };

  return (
    <section className="bdr-examples" aria-label={said.examples}>
      <h1 className="bdr-examples-title">{said.examples}</h1>
      <p>{said.examplesIntro}</p>
      <p className="bdr-quiet">{said.examplesLogIn}</p>
      {PERSONAS.map((persona) => (
        <section key={persona.code} aria-label={persona[language]}>
          <h2>{persona[language]}</h2>
          <ul>
            {config.examples
              .filter((example) => example.persona === persona.code)
              .map((example) => (
                <li key={example.name}>
                  <button type="button" data-example={example.name} onClick={() => choose(example)}>
                    <span className={`bdr-kind bdr-kind-${example.kind}`} aria-hidden="true" />
                    {example.title[language]}
                    {preparing === example.name && <em> {said.preparing}</em>}
                  </button>
                  {warning === example.name && <p role="alert">{said.notFound}</p>}
                </li>
              ))}
          </ul>
        </section>
      ))}
      <p className="bdr-quiet">{said.keyboard}</p>
    </section>
  );
}

function useOpen() {
  const { tabs, activeTabIndex, addTab, changeTab, queryEditor, variableEditor } =
    useEditorContext({ nonNull: true });
  return (query, variables) => {
    const known = tabs.findIndex((tab) => tab.query === query);
    if (known >= 0 && known !== activeTabIndex) changeTab(known);
    if (known < 0 && isTaken(tabs[activeTabIndex])) addTab();
    // The editors take the values of the new tab first, in this same task.
    setTimeout(() => {
      queryEditor.setValue(query);
      variableEditor.setValue(variables);
      queryEditor.focus();
    });
  };
}

const isTaken = ({ query }) => Boolean(query?.trim()) && query !== WELCOME;

// Variables may hold `$today`, `$unique`, or a path into the answer of the example's `find` query.
async function filled(config, { variables, find }) {
  if (!variables) return { variables, complete: true };
  const found = find ? await answerTo(config, find) : {};
  let complete = true;
  const valueOf = (placeholder) => {
    const path = placeholder.slice(1);
    const value = WORDS[path]?.() ?? path.split('.').reduce((data, key) => (data === null ? null : data?.[key]), found);
    complete &&= value !== undefined;
    return value === undefined ? placeholder : value;
  };
  const fill = (value) => {
    if (Array.isArray(value)) return value.map(fill);
    if (value && typeof value === 'object') {
      return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, fill(inner)]));
    }
    if (typeof value !== 'string') return value;
    return WHOLE.test(value) ? valueOf(value) : value.replace(PLACEHOLDER, valueOf);
  };
  return { variables: fill(variables), complete };
}

// A name without a dot is none of ours: a document within a variable has variables of its own.
const PLACEHOLDER = /\$(?:today|unique|[a-zA-Z]\w*(?:\.\w+)+)\b/g;
const WHOLE = new RegExp(`^${PLACEHOLDER.source}$`);
const parisDay = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Europe/Paris' });
const WORDS = {
  today: () => parisDay.format(new Date()),
  unique: () => Date.now().toString(36).toUpperCase(),
};

async function answerTo(config, query) {
  try {
    const { answer } = await send(config.graphqlUrl, { query }, authorised());
    return (!answer.errors && answer.data) || {};
  } catch {
    return {};
  }
}

function ExamplesIcon() {
  return (
    <svg viewBox="3.5 3.5 17 17" fill="none" stroke="currentColor" strokeWidth="1.2" aria-hidden="true">
      <path d="M6 4h8l4 4v12H6zM14 4v4h4M8.5 12.5h7M8.5 16h5" />
    </svg>
  );
}
