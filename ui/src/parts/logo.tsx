/** Two jacks and the cord between them. */
export function Logo(props: { size: number }) {
  return (
    <svg width={props.size} height={props.size} viewBox="0 0 32 32" fill="none" aria-hidden="true">
      <path
        d="M8.5 19.2V14a7.5 7.5 0 0 1 15 0v5.2"
        stroke="var(--sb-panel-brass)"
        stroke-width="2.8"
        stroke-linecap="round"
      />
      <circle cx="8.5" cy="23" r="3.9" stroke="var(--sb-panel-ink)" stroke-width="2.4" />
      <circle cx="23.5" cy="23" r="3.9" stroke="var(--sb-panel-ink)" stroke-width="2.4" />
    </svg>
  );
}
