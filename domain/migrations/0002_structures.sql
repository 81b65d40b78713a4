CREATE TABLE structure (
    id                             {id}      PRIMARY KEY,
    identifier_type                TEXT      NOT NULL CHECK (identifier_type IN ('SIRET', 'UE_HORS_FRANCE', 'HORS_UE', 'RIDET', 'TAHITI', 'EN_COURS_IMMATRICULATION', 'PARTICULIER')),
    identifier                     {id}      NOT NULL CHECK (length(identifier) BETWEEN 1 AND 80),
    siren                          {id}      CHECK (length(siren) = 9),
    name                           TEXT      NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    search_terms                   TEXT      NOT NULL DEFAULT '',
    search_core                    {id}      NOT NULL DEFAULT '',
    search_town                    {id},
    prominence                     INTEGER   NOT NULL DEFAULT 0,
    nature                         TEXT      NOT NULL CHECK (nature IN ('PUBLIC', 'PRIVATE')),
    category                       TEXT,
    status                         TEXT      NOT NULL CHECK (status IN ('ACTIVE', 'INACTIVE', 'ACTIVATION_IN_PROGRESS')),
    address                        TEXT      CHECK (length(address) <= 400),
    postal_code                    {id}      CHECK (length(postal_code) <= 10),
    town                           TEXT      CHECK (length(town) <= 100),
    department                     {id}      CHECK (length(department) <= 3),
    insee_code                     TEXT      CHECK (length(insee_code) = 5),
    country                        TEXT      NOT NULL DEFAULT 'FR' CHECK (length(country) = 2),
    population                     INTEGER   CHECK (population >= 0),
    vat_number                     TEXT      CHECK (length(vat_number) <= 18),
    size_category                  TEXT      CHECK (size_category IN ('GE', 'ETI', 'PME', 'TPE')),
    email                          TEXT      CHECK (length(email) <= 254),
    phone                          TEXT      CHECK (length(phone) <= 20),
    service_required               {bool}    NOT NULL DEFAULT FALSE,
    commitment_required            {bool}    NOT NULL DEFAULT FALSE,
    commitment_or_service_required {bool}    NOT NULL DEFAULT FALSE,
    commitment_format              TEXT      CHECK (length(commitment_format) <= 100),
    payment_status_not_reported    {bool}    NOT NULL DEFAULT FALSE,
    is_moa                         {bool}    NOT NULL DEFAULT FALSE,
    is_moa_only                    {bool}    NOT NULL DEFAULT FALSE,
    is_delegated_validator         {bool}    NOT NULL DEFAULT FALSE,
    state_recipient                {bool}    NOT NULL DEFAULT FALSE,
    emits_edi                      {bool}    NOT NULL DEFAULT FALSE,
    receives_edi                   {bool}    NOT NULL DEFAULT FALSE,
    insee_undisclosed              {bool}    NOT NULL DEFAULT FALSE,
    payment_days                   INTEGER   NOT NULL DEFAULT 30 CHECK (payment_days BETWEEN 1 AND 60),
    free_status_order              {bool}    NOT NULL DEFAULT FALSE,
    follow_seed_public_service     {bool}    NOT NULL DEFAULT FALSE,
    event_count                    INTEGER   NOT NULL DEFAULT 0,
    created_at                     {instant} NOT NULL,
    updated_at                     {instant} NOT NULL,
    UNIQUE (identifier, identifier_type),
    -- Only a structure with a SIRET can be public, and a SIRET begins with its SIREN.
    CHECK (nature = 'PRIVATE' OR identifier_type = 'SIRET'),
    CHECK (identifier_type <> 'SIRET' OR substr(identifier, 1, 9) = siren)
);
CREATE INDEX structure_siren ON structure (siren) WHERE siren IS NOT NULL;
-- The directory in its own order, whole and by place.
CREATE INDEX structure_directory ON structure (prominence, id) WHERE nature = 'PUBLIC' AND status = 'ACTIVE';
CREATE INDEX structure_postal_code ON structure (postal_code, prominence, id) WHERE postal_code IS NOT NULL;
CREATE INDEX structure_department ON structure (department, prominence, id) WHERE department IS NOT NULL;
CREATE INDEX structure_town ON structure (search_town, prominence, id) WHERE search_town IS NOT NULL;
-- The exact name, found before anything else.
CREATE INDEX structure_core ON structure (search_core, prominence, id);

CREATE TABLE service (
    id                      {id}      PRIMARY KEY,
    structure_id            {id}      NOT NULL REFERENCES structure (id),
    code                    {id}      NOT NULL CHECK (length(code) BETWEEN 1 AND 100),
    name                    TEXT      NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    commitment_required     {bool}    NOT NULL DEFAULT FALSE,
    payment_status_reported {bool}    NOT NULL DEFAULT TRUE,
    status                  TEXT      NOT NULL CHECK (status IN ('ACTIVE', 'INACTIVE', 'DELETED')),
    valid_from              DATE,
    valid_until             DATE,
    is_system               {bool}    NOT NULL DEFAULT FALSE,
    event_count             INTEGER   NOT NULL DEFAULT 0,
    created_at              {instant} NOT NULL,
    updated_at              {instant} NOT NULL,
    UNIQUE (structure_id, code),
    CHECK (valid_until >= valid_from)
);

CREATE TABLE bank_account (
    id             {id}      PRIMARY KEY,
    structure_id   {id}      NOT NULL REFERENCES structure (id),
    reference_kind TEXT      NOT NULL CHECK (reference_kind IN ('IBAN', 'RIB')),
    iban           {id}      NOT NULL CHECK (length(iban) BETWEEN 15 AND 34),
    bic            TEXT      CHECK (length(bic) IN (8, 11)),
    holder         TEXT      NOT NULL CHECK (length(holder) BETWEEN 1 AND 200),
    is_factor      {bool}    NOT NULL DEFAULT FALSE,
    factor_name    TEXT      CHECK (length(factor_name) BETWEEN 1 AND 200),
    -- A reference is never erased: past invoices show it.
    removed_at     {instant},
    created_at     {instant} NOT NULL,
    CHECK (is_factor = (factor_name IS NOT NULL))
);
CREATE UNIQUE INDEX bank_account_on_file ON bank_account (structure_id, iban) WHERE removed_at IS NULL;
CREATE INDEX bank_account_structure ON bank_account (structure_id, id);

CREATE TABLE mandate (
    id           {id}      PRIMARY KEY,
    structure_id {id}      NOT NULL REFERENCES structure (id),
    account_id   {id}      NOT NULL,
    version      TEXT      NOT NULL,
    text_hash    TEXT      NOT NULL CHECK (length(text_hash) = 64),
    signed_at    {instant} NOT NULL,
    revoked_at   {instant},
    CHECK (revoked_at >= signed_at)
);
CREATE UNIQUE INDEX mandate_in_force ON mandate (structure_id) WHERE revoked_at IS NULL;
CREATE INDEX mandate_structure ON mandate (structure_id, id);
