import './styles/app.css';
import { render } from 'solid-js/web';
import { createRest } from './api/rest.ts';
import { App, type Backend } from './app.tsx';
import { applyTheme } from './session/theme.ts';

// Made once, and not inside of the JSX, where it would become a getter that makes it anew at every look.
const backend: Backend = {
  rest: createRest(),
  openLine: async (deskId) => (await import('./line/socket-line.ts')).openSocketLine(deskId),
  openMedia: async (line) => (await import('./media/media.ts')).createMedia(line),
};

applyTheme();

const root = document.querySelector('#root');
if (root) render(() => <App backend={backend} />, root);
