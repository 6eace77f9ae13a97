/** Notes and tags of a search or a trial, and a dialog that changes them. */
import { useMutation } from '@tanstack/react-query';
import { type ReactNode, useRef, useState } from 'react';
import { Problem } from './problem.tsx';

interface TagsProps {
  readonly tags: readonly string[];
  /** Makes every tag a button. */
  readonly choose?: (tag: string) => void;
}

export function Tags({ tags, choose }: TagsProps): ReactNode {
  if (tags.length === 0) return null;
  return (
    <span className="tags">
      {tags.map((tag) =>
        choose === undefined ? (
          <span key={tag} className="chip tag">
            {tag}
          </span>
        ) : (
          <button key={tag} type="button" className="chip tag" title={`Only ${tag}`} onClick={() => choose(tag)}>
            {tag}
          </button>
        ),
      )}
    </span>
  );
}

interface AnnotationsProps {
  readonly of: string;
  readonly notes: string;
  readonly tags: readonly string[];
  readonly maxNotes: number;
  readonly change: (body: { readonly notes: string; readonly tags: readonly string[] }) => Promise<unknown>;
}

/** Words, separated by spaces or commas. */
export function tagsIn(text: string): string[] {
  return text.split(/[\s,]+/).filter((tag) => tag !== '');
}

export function Annotations({ of, notes, tags, maxNotes, change }: AnnotationsProps): ReactNode {
  const dialog = useRef<HTMLDialogElement>(null);
  const [text, setText] = useState('');
  const [words, setWords] = useState('');
  const save = useMutation({
    mutationFn: () => change({ notes: text, tags: tagsIn(words) }),
    onSuccess: () => dialog.current?.close(),
  });
  const open = () => {
    setText(notes);
    setWords(tags.join(' '));
    save.reset();
    dialog.current?.showModal();
  };
  return (
    <div className="annotations row">
      <Tags tags={tags} />
      {notes !== '' && <span className="notes">{notes}</span>}
      <button type="button" className="quiet small" onClick={open}>
        {notes === '' && tags.length === 0 ? 'Add notes or tags' : 'Edit'}
        <span className="hidden"> of {of}</span>
      </button>
      <dialog ref={dialog} aria-label={`Notes and tags of ${of}`}>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            save.mutate();
          }}
        >
          <label className="stacked">
            Tags
            <input
              value={words}
              maxLength={1000}
              placeholder="baseline good"
              onChange={(event) => setWords(event.target.value)}
            />
            <span className="soft small">separated by spaces</span>
          </label>
          <label className="stacked">
            Notes
            <textarea rows={6} value={text} maxLength={maxNotes} onChange={(event) => setText(event.target.value)} />
          </label>
          {save.error && <Problem error={save.error} />}
          <p className="row">
            <button type="submit" className="primary" disabled={save.isPending}>
              Save
            </button>
            <button type="button" onClick={() => dialog.current?.close()}>
              Cancel
            </button>
          </p>
        </form>
      </dialog>
    </div>
  );
}
