-- The words of public names, so that a mistyped word finds the nearest written ones.
CREATE TABLE search_word (
    word {id} PRIMARY KEY
);
CREATE TABLE search_word_gram (
    gram {id} NOT NULL,
    word {id} NOT NULL,
    PRIMARY KEY (gram, word)
);

-- Words only, no positions: `search_terms` holds them separated by one space. The declared cost
-- tells the planner that reading every row is dear, whatever it believes of how many match.
CREATE FUNCTION words_of(terms TEXT) RETURNS tsvector LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 1000
AS $$ BEGIN RETURN array_to_tsvector(string_to_array(terms, ' ')); END $$;
CREATE INDEX structure_search ON structure USING gin (words_of(search_terms)) WITH (fastupdate = off);
