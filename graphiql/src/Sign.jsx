import { useEffect } from 'react';
import { useGraphiQL } from '@graphiql/react';

/** The counter's name where GraphiQL links to its own site; from within, it lets long lines of help wrap. */
export function Sign() {
  const editor = useGraphiQL(({ queryEditor }) => queryEditor);
  useEffect(() => {
    editor?.updateOptions({ wordWrap: 'on' });
  }, [editor]);
  return <span>窓口 Madoguchi</span>;
}
