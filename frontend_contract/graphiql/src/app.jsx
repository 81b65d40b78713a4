// The page: a bar of our own (language, session), GraphiQL below it, the price of the last answer under the result.
import { GraphiQL } from 'graphiql';
import { useMemo } from 'react';
import { ReachableEditors } from './editors.jsx';
import { examplesPlugin, OpenedExamples, WELCOME } from './examples.jsx';
import { logIn, logOut, session } from './session.js';
import { useStore } from './store.js';
import { createFetcher, lastAnswer } from './transport.js';
import { speak, useLanguage, useWords } from './words.js';

export function App({ config }) {
  const fetcher = useMemo(() => createFetcher(config.graphqlUrl), [config]);
  const plugins = useMemo(() => [examplesPlugin(config)], [config]);
  return (
    <>
      <Bar config={config} />
      <main>
        <GraphiQL
          fetcher={fetcher}
          plugins={plugins}
          defaultQuery={WELCOME}
          defaultEditorToolsVisibility="variables"
          shouldPersistHeaders={false}
          inputValueDeprecation
          schemaDescription
        >
          <GraphiQL.Logo>{' '}</GraphiQL.Logo>
          <GraphiQL.Footer>
            <Price />
            <OpenedExamples />
            <ReachableEditors />
          </GraphiQL.Footer>
        </GraphiQL>
      </main>
    </>
  );
}

function Bar({ config }) {
  const said = useWords();
  return (
    <header className="bdr-bar">
      <strong>Bordereau</strong>
      <span className="bdr-quiet">GraphiQL</span>
      <span className="bdr-environment">{config.environment}</span>
      <div className="bdr-session" role="group" aria-label={said.menu}>
        <Who config={config} />
        <Languages />
      </div>
    </header>
  );
}

function Who({ config }) {
  const said = useWords();
  const { status, who, problem } = useStore(session);
  if (status === 'known') {
    return (
      <>
        <span className="bdr-who" role="status">{who}</span>
        <button type="button" onClick={() => logOut(config)}>{said.logOut}</button>
      </>
    );
  }
  return (
    <>
      {problem && <span className="bdr-problem" role="alert">{problem}</span>}
      <span className="bdr-who" role="status">{status === 'busy' ? said.loggingIn : said.anonymous}</span>
      <button type="button" className="bdr-main" disabled={status === 'busy'} onClick={() => logIn(config)}>
        {said.logIn}
      </button>
    </>
  );
}

function Languages() {
  const language = useLanguage();
  const said = useWords();
  return (
    <span className="bdr-languages" role="group" aria-label={said.language}>
      {['fr', 'en'].map((code) => (
        <button key={code} type="button" lang={code} aria-pressed={language === code} onClick={() => speak(code)}>
          {code.toUpperCase()}
        </button>
      ))}
    </span>
  );
}

function Price() {
  const said = useWords();
  const language = useLanguage();
  const answer = useStore(lastAnswer);
  const number = new Intl.NumberFormat(language);
  return <p className="bdr-price" role="status">{answer ? parts(answer, said, number).join(' · ') : said.noAnswer}</p>;
}

function parts({ cost, status, milliseconds, received }, said, number) {
  const bucket = cost?.bucket;
  return [
    received !== undefined && `${said.received} ${number.format(received)}`,
    cost && `${said.cost} ${number.format(cost.requested)} ${said.requested}`,
    cost && cost.actual !== undefined && cost.actual !== null && `${number.format(cost.actual)} ${said.actual}`,
    bucket && `${number.format(bucket.remaining)} / ${number.format(bucket.max)} ${said.left}`,
    !cost && received === undefined && said.noCost,
    status && `HTTP\u00a0${status}`,
    milliseconds !== undefined && `${number.format(milliseconds)}\u00a0ms`,
  ].filter(Boolean);
}
