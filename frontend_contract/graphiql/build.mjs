// Builds dist/: one page, one script, one style sheet, one NOTICE. The same input gives the same bytes.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, 'dist');

// What the page does without: see the reason at the top of each file.
const REPLACED = {
  'framer-motion': 'src/replaced/reorder.js',
  'react-remove-scroll': 'src/replaced/scroll.js',
};

const withoutEmbeddedFonts = {
  name: 'without-embedded-fonts',
  setup(steps) {
    // GraphiQL embeds 350 kB of fonts as data: URLs, which the page's policy refuses; system fonts do.
    steps.onLoad({ filter: /graphiql[\\/]dist[\\/]style\.css$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replace(/@font-face\s*\{[^}]*\}/g, ''),
      loader: 'css',
    }));
  },
};

const { outputFiles, metafile } = await build({
  absWorkingDir: here,
  entryPoints: { app: 'src/main.jsx' },
  bundle: true,
  minify: true,
  format: 'esm',
  target: ['es2022', 'chrome110', 'firefox115', 'safari16'],
  jsx: 'automatic',
  legalComments: 'none',
  charset: 'utf8',
  define: { 'process.env.NODE_ENV': '"production"' },
  alias: Object.fromEntries(
    Object.entries(REPLACED).map(([name, file]) => [name, join(here, file)]),
  ),
  plugins: [withoutEmbeddedFonts],
  outdir: out,
  metafile: true,
  write: false,
});

const icon = { path: 'icon.svg', contents: readFileSync(join(here, 'src/icon.svg')) };
const hashed = [...outputFiles, icon].map(({ path, contents }) => {
  const kind = path.split('.').pop();
  const hash = createHash('sha256').update(contents).digest('hex').slice(0, 12);
  return { kind, name: `app-${hash}.${kind}`, contents };
});

rmSync(out, { recursive: true, force: true });
mkdirSync(join(out, 'assets'), { recursive: true });
for (const { name, contents } of hashed) writeFileSync(join(out, 'assets', name), contents);
const nameOf = (kind) => hashed.find((file) => file.kind === kind).name;
writeFileSync(
  join(out, 'index.html'),
  readFileSync(join(here, 'src/page.html'), 'utf8')
    .replace('{script}', nameOf('js'))
    .replace('{style}', nameOf('css'))
    .replace('{icon}', nameOf('svg')),
);
writeFileSync(join(out, 'NOTICE'), notice(bundledPackages(metafile)));

for (const { name, contents } of hashed) {
  console.log(`dist/assets/${name}  ${Math.ceil(contents.length / 1024)} kB`);
}

function bundledPackages({ outputs }) {
  const inputs = Object.values(outputs).flatMap((file) =>
    Object.entries(file.inputs).filter(([, { bytesInOutput }]) => bytesInOutput > 0),
  );
  const folders = inputs.flatMap(([path]) => path.match(/^.*node_modules\/(?:@[^/]+\/)?[^/]+/) ?? []);
  return [...new Set(folders)]
    .map((folder) => ({
      ...JSON.parse(readFileSync(join(here, folder, 'package.json'), 'utf8')),
      licenceText: licenceText(join(here, folder)),
    }))
    .sort((a, b) => (`${a.name}@${a.version}` < `${b.name}@${b.version}` ? -1 : 1));
}

function licenceText(folder) {
  const file = readdirSync(folder).sort().find((name) => /^(licen[cs]e|copying)/i.test(name));
  if (!file || !existsSync(join(folder, file))) return '';
  return readFileSync(join(folder, file), 'utf8').replace(/\r\n/g, '\n').replace(/[ \t]+$/gm, '').trim();
}

function notice(packages) {
  const byText = new Map();
  for (const one of packages) {
    const text = one.licenceText || `(${one.license}; the package carries no licence file)`;
    byText.set(text, [...(byText.get(text) ?? []), `${one.name} ${one.version} (${one.license})`]);
  }
  const chapters = [...byText].map(([text, names]) => `${names.join('\n')}\n\n${text}\n`);
  return [
    'The page /graphiql of Bordereau contains the packages below, each under its own licence.\n',
    ...chapters,
  ].join(`\n${'-'.repeat(78)}\n\n`);
}
