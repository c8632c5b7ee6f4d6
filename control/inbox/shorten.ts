const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** The beginning of a text, at most `longest` UTF-16 units, never cut within what a reader sees as one character. */
export function shorten(text: string, longest: number, ellipsis = ''): string {
  if (text.length <= longest) return text;
  let end = 0;
  for (const { index, segment } of graphemes.segment(text)) {
    if (index + segment.length > longest - ellipsis.length) break;
    end = index + segment.length;
  }
  return text.slice(0, end).trimEnd() + ellipsis;
}
