import { createRoot } from 'react-dom/client';
import 'graphiql/style.css';
import './page.css';
import { App } from './app.jsx';
import { resume } from './session.js';
import { whoIs } from './who.js';
import { words } from './words.js';

const root = createRoot(document.getElementById('page'));

try {
  const config = await (await fetch('graphiql/config.json')).json();
  root.render(<App config={config} />);
  await resume(config, () => whoIs(config));
} catch (problem) {
  root.render(<p role="alert">{words().unreachable}</p>);
  throw problem;
}
