// What a keyboard and a screen reader need of the editors: a way out with Tab, and a name.
import { useEditorContext } from '@graphiql/react';
import { useEffect } from 'react';
import { useWords } from './words.js';

const WAY_OUT = { Tab: false, 'Shift-Tab': false };

export function ReachableEditors() {
  const said = useWords();
  const { queryEditor, variableEditor, headerEditor, responseEditor } = useEditorContext({ nonNull: true });

  useEffect(() => {
    const named = [
      [queryEditor, said.query],
      [variableEditor, said.variables],
      [headerEditor, said.headers],
      [responseEditor, said.response],
    ].filter(([editor]) => editor);
    for (const [editor, name] of named) {
      editor.addKeyMap(WAY_OUT, true);
      editor.getInputField().setAttribute('aria-label', name);
    }
    return () => named.forEach(([editor]) => editor.removeKeyMap(WAY_OUT));
  }, [queryEditor, variableEditor, headerEditor, responseEditor, said]);
}
