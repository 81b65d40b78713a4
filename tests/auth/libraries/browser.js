// A browser without scripts: keeps cookies, follows redirections inside the site, fills a form in.
export class Browser {
  constructor(site) {
    this.site = site;
    this.cookies = new Map();
  }

  async authorize(url, email, password) {
    const page = await this.open(url);
    if (!("text" in page)) return page.callback;
    return (await this.send(page, { email, password })).callback;
  }

  // Type the code of a device and answer, logging in where that is asked first.
  async allow(address, code, email, password) {
    let page = await this.open(address);
    if (page.text.includes('name="password"')) page = await this.send(page, { email, password });
    const shown = await this.send(page, { user_code: code });
    return this.send(shown, { decision: "accept" });
  }

  // Submit the first form of the page.
  async send(page, filled) {
    const action = page.text.match(/<form method="post"(?: action="([^"]*)")?/)[1];
    const fields = new URLSearchParams();
    for (const [, name, value] of page.text.matchAll(
      /<input type="hidden" name="([^"]+)" value="([^"]*)"/g,
    )) {
      fields.set(name, value.replaceAll("&amp;", "&").replaceAll("&#39;", "'"));
    }
    for (const [name, value] of Object.entries(filled)) fields.set(name, value);
    const target = action ? new URL(action, this.site) : page.url;
    return this.open(target, { method: "POST", body: fields });
  }

  async open(url, options = {}) {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const answer = await fetch(url, { ...options, headers: { cookie }, redirect: "manual" });
    for (const line of answer.headers.getSetCookie()) {
      const [name, value] = line.split(";")[0].split(/=(.*)/s);
      this.cookies.set(name, value);
    }
    const location = answer.headers.get("location");
    if (!location) return { text: await answer.text(), status: answer.status, url };
    const target = new URL(location, this.site);
    return target.origin === new URL(this.site).origin ? this.open(target) : { callback: target };
  }
}
