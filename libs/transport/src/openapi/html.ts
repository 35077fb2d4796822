// Text into HTML, escaped unless it is HTML already.

export interface Html {
  readonly html: string;
}

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => escapes[character] ?? '');
}

/** Null stands for nothing. */
export function html(texts: TemplateStringsArray, ...values: readonly (string | Html | null)[]): Html {
  const [first = '', ...others] = texts;
  const rest = others.map((text, index) => `${shown(values[index] ?? null)}${text}`);
  return { html: `${first}${rest.join('')}` };
}

function shown(value: string | Html | null): string {
  if (value === null) return '';
  return typeof value === 'string' ? escaped(value) : value.html;
}

export function joined(parts: readonly Html[]): Html {
  return { html: parts.map((part) => part.html).join('\n') };
}

/** Paragraphs, with code between backticks. */
export function prose(text: string): Html {
  const paragraphs = text.split('\n\n').filter((paragraph) => paragraph !== '');
  return joined(
    paragraphs.map((paragraph) => {
      const pieces = paragraph
        .split('`')
        .map((piece, index) => (index % 2 === 1 ? html`<code>${piece}</code>` : html`${piece}`));
      return { html: `<p>${pieces.map((piece) => piece.html).join('')}</p>` };
    }),
  );
}
