/** Compares names as people count them: `web-2` before `web-10`. */
export const byNumber = new Intl.Collator('en', { numeric: true });
