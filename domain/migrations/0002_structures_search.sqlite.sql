-- The words of public names, so that a mistyped word finds the nearest written ones.
CREATE TABLE search_word (
    word {id} PRIMARY KEY
) WITHOUT ROWID;
CREATE TABLE search_word_gram (
    gram {id} NOT NULL,
    word {id} NOT NULL,
    PRIMARY KEY (gram, word)
) WITHOUT ROWID;

-- The full-text index needs whole numbers that VACUUM never changes; a table with a text key has none.
CREATE TABLE structure_search_row (
    number       INTEGER PRIMARY KEY,
    structure_id TEXT    NOT NULL UNIQUE REFERENCES structure (id) ON DELETE CASCADE
);
CREATE VIEW structure_search_text AS
    SELECT number, search_terms FROM structure_search_row JOIN structure ON structure.id = structure_id;
-- Words only, no positions and no lengths: matching needs neither, and ranking is ours.
CREATE VIRTUAL TABLE structure_search USING fts5 (
    search_terms, content = 'structure_search_text', content_rowid = 'number',
    tokenize = 'ascii', detail = 'none', columnsize = 0
);
-- Not empty while many structures are written: the writer then fills the index itself, since a
-- trigger flushes it at every row, which costs five times as much as the rest.
CREATE TABLE structure_search_bulk (
    id INTEGER PRIMARY KEY
);
CREATE TRIGGER structure_search_insert AFTER INSERT ON structure BEGIN
    INSERT INTO structure_search_row (structure_id) VALUES (new.id);
    INSERT INTO structure_search (rowid, search_terms)
        SELECT number, new.search_terms FROM structure_search_row
        WHERE structure_id = new.id AND NOT EXISTS (SELECT 1 FROM structure_search_bulk);
END;
CREATE TRIGGER structure_search_update AFTER UPDATE OF search_terms ON structure
WHEN old.search_terms IS NOT new.search_terms BEGIN
    INSERT INTO structure_search (structure_search, rowid, search_terms)
        SELECT 'delete', number, old.search_terms FROM structure_search_row WHERE structure_id = old.id;
    INSERT INTO structure_search (rowid, search_terms)
        SELECT number, new.search_terms FROM structure_search_row WHERE structure_id = new.id;
END;
CREATE TRIGGER structure_search_delete BEFORE DELETE ON structure BEGIN
    INSERT INTO structure_search (structure_search, rowid, search_terms)
        SELECT 'delete', number, old.search_terms FROM structure_search_row WHERE structure_id = old.id;
END;
