import type { MailLocale } from '../port';
import type { Letter } from './letter';
import { escapeHtml, toBodyText, toHtml, toText } from './phrase';

const FONT = "font-family:-apple-system,'Segoe UI',Roboto,'Noto Sans Thai','Leelawadee UI',Thonburi,Helvetica,Arial,sans-serif";
const PARAGRAPH = 'margin:0 0 16px;font-size:16px;line-height:1.6';
const SMALL = 'margin:0 0 8px;font-size:14px;line-height:1.6;color:#4b5563';

/** The letter as plain text, whole on its own. */
export function textOf(letter: Letter): string {
  const facts = (letter.facts ?? []).map(({ label, value }) => `${label}: ${toBodyText(value)}`).join('\n');
  const blocks = [letter.greeting, ...letter.body].map(toBodyText);
  if (letter.action) blocks.push(letter.action.url);
  if (facts) blocks.push(facts);
  return `${[...blocks, ...letter.notes.map(toBodyText), letter.closing.join('\n')].join('\n\n')}\n`;
}

/**
 * The letter as HTML: styles inline, nothing fetched from anywhere, one column, readable without styles and by screen readers.
 * Colours hold a contrast of 4.5:1 or more (WCAG 2.2, 1.4.3), also where a mail program turns the page dark.
 */
export function htmlOf(letter: Letter, locale: MailLocale): string {
  const facts = (letter.facts ?? []).map(({ label, value }) =>
    `<tr><th scope="row" style="padding:4px 16px 4px 0;text-align:left;font-weight:600;vertical-align:top">${escapeHtml(label)}</th><td style="padding:4px 0">${toHtml(value)}</td></tr>`);
  return `<!doctype html>
<html lang="${locale}" dir="ltr">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>${escapeHtml(toText(letter.subject))}</title>
<style>@media (prefers-color-scheme:dark){.page,.card{background:#111827!important}.card,.card a.plain{color:#f3f4f6!important}.small{color:#d1d5db!important}}</style>
</head>
<body class="page" style="margin:0;padding:0;background:#f3f4f6">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="border-collapse:collapse">
<tr><td align="center" style="padding:24px 12px">
<table role="presentation" class="card" width="100%" cellpadding="0" cellspacing="0" style="max-width:560px;background:#ffffff;color:#111827;border-radius:12px;${FONT}">
<tr><td style="padding:32px">
<h1 style="margin:0 0 24px;font-size:22px;line-height:1.35;font-weight:600">${toHtml(letter.title)}</h1>
${[letter.greeting, ...letter.body].map((words) => `<p style="${PARAGRAPH}">${toHtml(words)}</p>`).join('\n')}
${letter.action ? actionOf(letter.action) : ''}${facts.length > 0 ? `<table style="margin:0 0 24px;font-size:16px;line-height:1.5;border-collapse:collapse">${facts.join('')}</table>\n` : ''}${letter.notes.map((words) => `<p class="small" style="${SMALL}">${toHtml(words)}</p>`).join('\n')}
<p class="small" style="${SMALL};margin-top:24px">${letter.closing.map(escapeHtml).join('<br>')}</p>
</td></tr>
</table>
</td></tr>
</table>
</body>
</html>
`;
}

function actionOf({ label, url }: { readonly label: string; readonly url: string }): string {
  const href = escapeHtml(url);
  return `<p style="margin:8px 0 16px"><a href="${href}" style="display:inline-block;padding:12px 24px;border-radius:8px;background:#1d4ed8;color:#ffffff;font-size:16px;font-weight:600;text-decoration:none">${escapeHtml(label)}</a></p>
<p class="small" style="${SMALL};margin-bottom:24px;word-break:break-all"><a class="plain" href="${href}" style="color:#1d4ed8">${href}</a></p>
`;
}
