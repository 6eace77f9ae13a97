import { useEffect } from 'react';

/** The name of what is shown, for tabs, bookmarks and screen readers. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = title === '' ? 'hypersearch' : `${title} · hypersearch`;
  }, [title]);
}
