// The name the server gives to the caller.
import { authorised, send } from './transport.js';

const WHO = '{ viewer { name } }';

export async function whoIs({ graphqlUrl }) {
  try {
    const { answer } = await send(graphqlUrl, { query: WHO }, authorised());
    return answer.data?.viewer?.name ?? '';
  } catch {
    return '';
  }
}
