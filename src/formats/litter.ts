const namesOfDesktops: ReadonlySet<string> = new Set(['thumbs.db', 'ehthumbs.db', 'desktop.ini', 'icon\r', '__macosx']);

/**
 * True for a file or folder that an operating system, editor or copy program left behind, by its name: hidden files (`._x`,
 * `.DS_Store`, `.x.swp`, `.~lock.x#`, `.x.partial`), backups (`x~`, `#x#`, `~$x`) and what desktops add. Whatever lists a
 * folder for its data passes them over; a file that the user names is never litter.
 * @param name without its folder
 */
export function isLitter(name: string): boolean {
  return (
    name.startsWith('.') ||
    name.startsWith('~$') ||
    name.endsWith('~') ||
    (name.startsWith('#') && name.endsWith('#')) ||
    namesOfDesktops.has(name.toLowerCase())
  );
}
