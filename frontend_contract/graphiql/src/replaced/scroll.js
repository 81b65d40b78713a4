// The page never scrolls (its panes do), so nothing has to be locked behind a dialog; the original writes style elements.
import { createElement } from 'react';

export function RemoveScroll({ as = 'div', allowPinchZoom, shards, enabled, ...rest }) {
  return createElement(as, rest);
}
