/**
 * Makes a drawing one image for a screen reader, named by its `aria-label`, or none where it has no name. Plot names the
 * kinds of marks inside it (`dot`, `x-axis tick label`): that is kept as `data-mark`.
 */
export function forReaders<T extends Element>(drawing: T): T {
  if (drawing.hasAttribute('aria-label')) drawing.setAttribute('role', 'img');
  else drawing.setAttribute('aria-hidden', 'true');
  for (const mark of drawing.querySelectorAll('[aria-label]')) {
    mark.setAttribute('data-mark', mark.getAttribute('aria-label')!);
    mark.removeAttribute('aria-label');
  }
  return drawing;
}
