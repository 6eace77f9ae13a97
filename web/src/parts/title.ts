import { useEffect } from 'react';

/** Sets the document title, for tabs, bookmarks and screen readers. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = title === '' ? 'hypersearch' : `${title} · hypersearch`;
  }, [title]);
}
