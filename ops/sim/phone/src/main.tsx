import './styles.css';
import { render } from 'solid-js/web';
import { App } from './app.tsx';

const root = document.querySelector('#root');
if (root) render(() => <App />, root);
