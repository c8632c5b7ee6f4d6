import './styles/app.css';
import { render } from 'solid-js/web';
import { App } from './app.tsx';
import { createRest } from './api/rest.ts';
import { applyTheme } from './session/theme.ts';

applyTheme();

const root = document.querySelector('#root');
if (root) {
  render(
    () => (
      <App
        backend={{
          rest: createRest(),
          openLine: async (deskId) => (await import('./line/socket-line.ts')).openSocketLine(deskId),
          openMedia: async (line) => (await import('./media/media.ts')).createMedia(line),
        }}
      />
    ),
    root,
  );
}
