// Tabs are not dragged here: 135 kB of animation library less, and no style element for the policy to refuse.
import { createElement } from 'react';

const element = (fallback) =>
  function Plain({ as = fallback, value, values, axis, onReorder, ...rest }) {
    return createElement(as, rest);
  };

export const Reorder = { Group: element('ul'), Item: element('li') };
