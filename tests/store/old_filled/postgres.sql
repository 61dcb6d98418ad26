--
-- PostgreSQL database dump
--

\restrict hSDHXseWNeLr3Le3MeS55ywDpxNfFw8kUUTDX9pVZO5hl5iIR6qodKBKh15R5wn

-- Dumped from database version 18.4
-- Dumped by pg_dump version 18.4

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET transaction_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

--
-- Name: audit_clock(xid8); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.audit_clock(xid8) RETURNS bigint
    LANGUAGE sql IMMUTABLE
    AS $_$SELECT $1::text::bigint + 0$_$;


--
-- Name: new_audit_id(bigint, bigint); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.new_audit_id(microseconds bigint, number bigint) RETURNS bigint
    LANGUAGE sql IMMUTABLE
    AS $$SELECT microseconds * 8 + ((number + hashint8(microseconds # 833744051609236912)) & 7)$$;


--
-- Name: refuse_audit_change(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.refuse_audit_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.created_at < (SELECT floor FROM audit_retention WHERE retention_id = 1) THEN
            RETURN OLD;
        END IF;
        RAISE EXCEPTION 'audit entries are kept until the retention has passed'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RAISE EXCEPTION 'audit entries are never changed' USING ERRCODE = 'restrict_violation';
END
$$;


SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: actions; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.actions (
    pause_id text NOT NULL COLLATE pg_catalog."C",
    sealed bytea NOT NULL
);


--
-- Name: api_keys; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.api_keys (
    key_id text NOT NULL COLLATE pg_catalog."C",
    developer_id text NOT NULL COLLATE pg_catalog."C",
    mode text NOT NULL COLLATE pg_catalog."C",
    prefix text NOT NULL COLLATE pg_catalog."C",
    key_hash text NOT NULL COLLATE pg_catalog."C",
    name text NOT NULL COLLATE pg_catalog."C",
    created_at bigint NOT NULL,
    revoked_at bigint,
    scopes text COLLATE pg_catalog."C",
    expires_at bigint,
    networks text COLLATE pg_catalog."C",
    last_used_at bigint,
    CONSTRAINT api_keys_mode_check CHECK ((mode = ANY (ARRAY['live'::text, 'test'::text])))
);


--
-- Name: audit; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.audit (
    entry_id bigint NOT NULL,
    developer_id text NOT NULL COLLATE pg_catalog."C",
    mode text COLLATE pg_catalog."C",
    pause_id text COLLATE pg_catalog."C",
    event text NOT NULL COLLATE pg_catalog."C",
    actor text NOT NULL COLLATE pg_catalog."C",
    detail text NOT NULL COLLATE pg_catalog."C",
    created_at bigint NOT NULL,
    txid bigint DEFAULT public.audit_clock(pg_current_xact_id()) NOT NULL,
    CONSTRAINT audit_actor_check CHECK ((actor = ANY (ARRAY['developer'::text, 'human'::text, 'system'::text])))
);


--
-- Name: audit_entries; Type: SEQUENCE; Schema: public; Owner: -
--

CREATE SEQUENCE public.audit_entries
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: audit_entries; Type: SEQUENCE OWNED BY; Schema: public; Owner: -
--

ALTER SEQUENCE public.audit_entries OWNED BY public.audit.entry_id;


--
-- Name: audit_retention; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.audit_retention (
    retention_id bigint NOT NULL,
    floor bigint NOT NULL,
    CONSTRAINT audit_retention_retention_id_check CHECK ((retention_id = 1))
);


--
-- Name: commit_marks; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.commit_marks (
    writer_id text NOT NULL COLLATE pg_catalog."C",
    batch bigint NOT NULL,
    fence bigint NOT NULL,
    won bigint[] NOT NULL,
    used_at bigint NOT NULL
);


--
-- Name: contents; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.contents (
    pause_id text NOT NULL COLLATE pg_catalog."C",
    part text NOT NULL COLLATE pg_catalog."C",
    sealed bytea NOT NULL,
    erased bigint DEFAULT 0 NOT NULL,
    CONSTRAINT contents_part_check CHECK ((part = ANY (ARRAY['question'::text, 'answer'::text])))
);


--
-- Name: deliveries; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.deliveries (
    delivery_id text NOT NULL COLLATE pg_catalog."C",
    developer_id text NOT NULL COLLATE pg_catalog."C",
    mode text NOT NULL COLLATE pg_catalog."C",
    kind text NOT NULL COLLATE pg_catalog."C",
    pause_id text NOT NULL COLLATE pg_catalog."C",
    target text NOT NULL COLLATE pg_catalog."C",
    webhook_id text COLLATE pg_catalog."C",
    event text COLLATE pg_catalog."C",
    state text NOT NULL COLLATE pg_catalog."C",
    attempt bigint NOT NULL,
    attempts text NOT NULL COLLATE pg_catalog."C",
    checks bigint NOT NULL,
    provider_id text COLLATE pg_catalog."C",
    created_at bigint NOT NULL,
    due_at bigint,
    ended_at bigint,
    recipient_index bigint DEFAULT 0 NOT NULL,
    is_reminder bigint DEFAULT 0 NOT NULL,
    CONSTRAINT deliveries_kind_check CHECK ((kind = ANY (ARRAY['notification'::text, 'webhook'::text]))),
    CONSTRAINT deliveries_mode_check CHECK ((mode = ANY (ARRAY['live'::text, 'test'::text])))
);


--
-- Name: developers; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.developers (
    developer_id text NOT NULL COLLATE pg_catalog."C",
    email_index text NOT NULL COLLATE pg_catalog."C",
    sealed bytea NOT NULL,
    password_hash text COLLATE pg_catalog."C",
    plan text NOT NULL COLLATE pg_catalog."C",
    created_at bigint NOT NULL,
    disabled_at bigint
);


--
-- Name: idempotency_keys; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.idempotency_keys (
    developer_id text NOT NULL COLLATE pg_catalog."C",
    mode text NOT NULL COLLATE pg_catalog."C",
    key_index text NOT NULL COLLATE pg_catalog."C",
    body_hash text NOT NULL COLLATE pg_catalog."C",
    pause_id text NOT NULL COLLATE pg_catalog."C",
    created_at bigint NOT NULL
);


--
-- Name: mutes; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.mutes (
    person_key text NOT NULL COLLATE pg_catalog."C",
    mute_id text NOT NULL COLLATE pg_catalog."C",
    developer_id text NOT NULL COLLATE pg_catalog."C",
    mode text NOT NULL COLLATE pg_catalog."C",
    channel text NOT NULL COLLATE pg_catalog."C",
    sealed bytea NOT NULL,
    reason text NOT NULL COLLATE pg_catalog."C",
    created_at bigint NOT NULL,
    CONSTRAINT mutes_mode_check CHECK ((mode = ANY (ARRAY['live'::text, 'test'::text]))),
    CONSTRAINT mutes_reason_check CHECK ((reason = ANY (ARRAY['muted'::text, 'reported'::text])))
);


--
-- Name: pauses; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.pauses (
    pause_id text NOT NULL COLLATE pg_catalog."C",
    developer_id text NOT NULL COLLATE pg_catalog."C",
    mode text NOT NULL COLLATE pg_catalog."C",
    status text NOT NULL COLLATE pg_catalog."C",
    channel text NOT NULL COLLATE pg_catalog."C",
    allow_text bigint NOT NULL,
    default_index bigint,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    choice_index bigint,
    responded_at bigint,
    resolved_by text COLLATE pg_catalog."C",
    delivery_state text NOT NULL COLLATE pg_catalog."C",
    callback_target text COLLATE pg_catalog."C",
    remind_at bigint,
    fallbacks bigint DEFAULT 0 NOT NULL,
    person_key text COLLATE pg_catalog."C",
    CONSTRAINT pauses_check CHECK (((status = 'pending'::text) = (resolved_by IS NULL))),
    CONSTRAINT pauses_mode_check CHECK ((mode = ANY (ARRAY['live'::text, 'test'::text]))),
    CONSTRAINT pauses_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'responded'::text, 'timed_out'::text, 'cancelled'::text])))
);


--
-- Name: recipients; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.recipients (
    recipient_id text NOT NULL COLLATE pg_catalog."C",
    developer_id text NOT NULL COLLATE pg_catalog."C",
    mode text NOT NULL COLLATE pg_catalog."C",
    channel text NOT NULL COLLATE pg_catalog."C",
    address_key text NOT NULL COLLATE pg_catalog."C",
    sealed bytea NOT NULL,
    created_at bigint NOT NULL,
    verified_at bigint,
    verified_by text COLLATE pg_catalog."C",
    asked_at bigint,
    asking text COLLATE pg_catalog."C",
    asked_code text COLLATE pg_catalog."C",
    CONSTRAINT recipients_mode_check CHECK ((mode = ANY (ARRAY['live'::text, 'test'::text])))
);


--
-- Name: schema_migrations; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.schema_migrations (
    number bigint NOT NULL,
    name text NOT NULL COLLATE pg_catalog."C",
    sha256 text NOT NULL COLLATE pg_catalog."C",
    compatible_from bigint NOT NULL
);


--
-- Name: shared_counts; Type: TABLE; Schema: public; Owner: -
--

CREATE UNLOGGED TABLE public.shared_counts (
    counted_at bigint NOT NULL,
    process_id text NOT NULL COLLATE pg_catalog."C",
    sealed bytea NOT NULL
);


--
-- Name: vault; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.vault (
    vault_id bigint NOT NULL,
    wrapped_key bytea NOT NULL,
    CONSTRAINT vault_vault_id_check CHECK ((vault_id = 1))
);


--
-- Name: webhooks; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.webhooks (
    webhook_id text NOT NULL COLLATE pg_catalog."C",
    developer_id text NOT NULL COLLATE pg_catalog."C",
    mode text NOT NULL COLLATE pg_catalog."C",
    events text NOT NULL COLLATE pg_catalog."C",
    sealed bytea NOT NULL,
    created_at bigint NOT NULL,
    disabled_at bigint,
    deleted_at bigint,
    CONSTRAINT webhooks_mode_check CHECK ((mode = ANY (ARRAY['live'::text, 'test'::text])))
);


--
-- Name: audit entry_id; Type: DEFAULT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.audit ALTER COLUMN entry_id SET DEFAULT public.new_audit_id(GREATEST((0)::bigint, (((EXTRACT(epoch FROM clock_timestamp()) * (1000000)::numeric))::bigint - '1735689600000000'::bigint)), nextval('public.audit_entries'::regclass));


--
-- Data for Name: actions; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.actions (pause_id, sealed) FROM stdin;
psr_019b7a90-cc00-7000-8000-000000000004	\\x01a52105084b6ec01483271af9f9b7c6e0f3164ced156a7b568b15a4e13bf2d202c8962befe979e94a525fab0acd030c09fe1184693231d0b223e14175797af11eff2550a8bf892b
\.


--
-- Data for Name: api_keys; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.api_keys (key_id, developer_id, mode, prefix, key_hash, name, created_at, revoked_at, scopes, expires_at, networks, last_used_at) FROM stdin;
key_019b7a90-cc00-7000-8000-000000000001	dev_alice	live	pp_live_1	hash 1	first	1767268800000	\N	\N	\N	\N	\N
key_019b7a90-cc00-7000-8000-000000000002	dev_alice	test	pp_test_2	hash 2	first	1767268800000	\N	\N	\N	\N	\N
key_019b7a90-cc00-7000-8000-000000000003	dev_bob	live	pp_live_3	hash 3	first	1767268800000	\N	\N	\N	\N	\N
key_019b7a90-cc00-7000-8000-000000000004	dev_alice	live	pp_live_4	hash 4	first	1767268800000	1767268800000	\N	\N	\N	\N
\.


--
-- Data for Name: audit; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.audit (entry_id, developer_id, mode, pause_id, event, actor, detail, created_at, txid) FROM stdin;
483482865031397	dev_alice	live	\N	developer.registered	developer	{}	1767268800000	766
483482865099435	dev_alice	live	\N	api_key.revoked	developer	{}	1767268800000	769
483482865150110	dev_alice	live	\N	webhook.deleted	developer	{}	1767268800000	775
483482865196805	dev_alice	live	psr_019b7a90-cc00-7000-8000-000000000000	pause.created	developer	{"channel":"sms"}	1767268800000	776
483482865239853	dev_alice	live	psr_019b7a90-cc00-7000-8000-000000000001	pause.created	developer	{"channel":"sms"}	1767268800000	778
483482865262285	dev_alice	live	psr_019b7a90-cc00-7000-8000-000000000001	pause.responded	human	{}	1767268800000	780
483482865323225	dev_alice	live	psr_019b7a90-cc00-7000-8000-000000000003	pause.created	developer	{"channel":"sms"}	1767268800000	782
483482865339250	dev_alice	live	psr_019b7a90-cc00-7000-8000-000000000003	pause.cancelled	developer	{}	1767268800000	783
483482865491340	dev_alice	live	psr_019b7a90-cc00-7000-8000-000000000002	pause.created	developer	{"channel":"sms"}	1767268800000	786
483482865548691	dev_alice	live	psr_019b7a90-cc00-7000-8000-000000000002	pause.timed_out	system	{}	1767268800000	788
483482865579185	dev_alice	live	psr_019b7a90-cc00-7000-8000-000000000004	pause.created	developer	{"channel":"sms"}	1767268800000	790
483482865619757	dev_alice	test	psr_019b7a90-cc00-7000-8000-000000000005	pause.created	developer	{"channel":"sms"}	1767268800000	793
\.


--
-- Data for Name: audit_retention; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.audit_retention (retention_id, floor) FROM stdin;
1	0
\.


--
-- Data for Name: commit_marks; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.commit_marks (writer_id, batch, fence, won, used_at) FROM stdin;
\.


--
-- Data for Name: contents; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.contents (pause_id, part, sealed, erased) FROM stdin;
psr_019b7a90-cc00-7000-8000-000000000000	question	\\x012327f53440923e2b36e4476f8a3ee1b9754dbdcde4d6fbcc5f42349111de4577d09ebeabc4341b4958200602262debf0a076b3163b851eb26615f0c8e3768dff298a75d2d061016a416f62ae83cfeefdbe5412eb398c1abde71597928893309c08af3f036f7bd3ad1877599840a332f2e3b5d42942ba2f37f5c04a14b4d2cd7c041ad8086a2e	0
psr_019b7a90-cc00-7000-8000-000000000001	question	\\x018987834d0700080c8daefd08a523c4b846cb4274ad333138d15329f4c053518bb88b36a959cf11a752ab8797211680bd309c6c6c7b66edecbe179f8052036bf6a5a631f617fe190c6d604c4283aaa7751286ce138ce46034c2340927828fec86b42bc0efcb353366940ffec5ac9e09ab7dac4fe7048d49b710e251d28ded7f37ecdfa3deda2f	0
psr_019b7a90-cc00-7000-8000-000000000001	answer	\\x01f75bf1f051cdf896bd73ccf6376de51a0f370519af00e33da270fa8d02c090636b8edd52bff971e91425b226ce3c71532a25e04a452115f65c	0
psr_019b7a90-cc00-7000-8000-000000000003	question	\\x01080644826725c4ebe238ad0a226ffa7ac8bce8a073e5774acfcb1a65e2fd7924cd192279caf058d5d202bdeed7e60aea2ed62fcb62de4f4c6d2c5e25ade808505b2ecfc8320c46003e80e6d48ba1fb63337063113ba32085c2cf333a6d2ca447a278752f27165e3fba213e20bf260223034b9cca39d030b7764fc05e5ede7a4b04a056ad03a7	0
psr_019b7a90-cc00-7000-8000-000000000002	question	\\x019e2fba6b8c780bb0dd8bde65bd584cc3bd85061c25abfb8ce59fe1c70e85c276864c440913e96784c752bf74a49bf42a69189fe1b9bfbaab67f5508df7b790a5724578b81faa3c7000a3f9bc152233cdb3d078721a6e065ef6fe61782ccd6ad8cf5a547fe5411e78970fab81740cf77c1e526c3dcb77602821d89f47759b17dcc57fb2b536a5	0
psr_019b7a90-cc00-7000-8000-000000000004	question	\\x01357af7a37a1f97819cbdb795aaef23e016a0f0f97ffd9dba035d813017e2cb78110121592604859b291381801ba27b3b81e79b53094877ed21f743000b730a173e644dbfac8e4f6f6ad0a7ba4321b91ee489f5fd4b9a7f3054acb34343a486eb7f3d080a472beadd5dce077c6d3a1ca663ac0db0f9735f0c6374bd27da6c3645d740fe777d2db82941f7092d782020154a1d9cb7af73a82af1a54674ca7d69395595ae40b781c1a8997fc80710291c2b272add1508a5a39a646cf27ab90ce1e536e5ded977718ade5fbb3d2d014c0e57b3c17f173b55fded0aece2d7b37fe73507602a755e32d2a25971b765d60ac853e265aa6a4389eef6689ffc57c66918c1a8214918b0674cac4d126c708efe38a791692e0bf354e1b62af8bb502d	0
psr_019b7a90-cc00-7000-8000-000000000005	question	\\x01f22e4bfeedf5586f5ca4dd951cb4601a79861d001ee10e856c77dda4e85132358253a193d5dbd103b26f4550eac1cf3e2c0c7d3062b3a7917639fb986a062ef61bc6fc0b00e6174671a2b8f1a4a42c6ae6929d297b3f156efceafdbc12e35b004991d1cf41282e47e63cdbf6bcfe016681b9b84da7b0678bc256cd9fb5c8b9a0f204fc7e6be5	0
\.


--
-- Data for Name: deliveries; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.deliveries (delivery_id, developer_id, mode, kind, pause_id, target, webhook_id, event, state, attempt, attempts, checks, provider_id, created_at, due_at, ended_at, recipient_index, is_reminder) FROM stdin;
dlv_019b7a90-cc00-7000-8000-000000000001	dev_alice	live	notification	psr_019b7a90-cc00-7000-8000-000000000001	sms	\N	\N	queued	0	[]	0	\N	1767268800000	1767272400000	\N	0	0
dlv_019b7a90-cc00-7000-8000-000000000002	dev_alice	live	notification	psr_019b7a90-cc00-7000-8000-000000000004	sms	\N	\N	failed	1	[[1,1767268800000,"failed","21211"]]	0	\N	1767268800000	\N	1767268800000	0	0
dlv_019b7a90-cc00-7000-8000-000000000003	dev_alice	live	webhook	psr_019b7a90-cc00-7000-8000-000000000001	whk_019b7a90-cc00-7000-8000-000000000000	whk_019b7a90-cc00-7000-8000-000000000000	pause.responded	sent	1	[[1,1767268800000,"sent","204"]]	0	\N	1767268800000	\N	1767268800000	0	0
dlv_019b7a90-cc00-7000-8000-000000000004	dev_alice	live	webhook	psr_019b7a90-cc00-7000-8000-000000000001	whk_019b7a90-cc00-7000-8000-000000000000	whk_019b7a90-cc00-7000-8000-000000000000	pause.responded	queued	1	[[1,1767268800000,"retrying","503"]]	0	\N	1767268800000	1767272400000	\N	0	0
dlv_019b7a90-cc00-7000-8000-000000000000	dev_alice	live	notification	psr_019b7a90-cc00-7000-8000-000000000000	sms	\N	\N	delivered	1	[[1,1767268800000,"sent","SM1"]]	1	SM1	1767268800000	\N	1767268800000	0	0
\.


--
-- Data for Name: developers; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.developers (developer_id, email_index, sealed, password_hash, plan, created_at, disabled_at) FROM stdin;
dev_alice	73bc9aa479aac232c2f26ec837354c48	\\x01d6e2da3c70c0b99fd1bb560a96b8c3082bdd458d93e569514ac380fc3706a8b4460fc13b65361e9471f4b6beead05256b17dbf5122913022221fa25044	$argon2id$none	unlimited	1767268800000	\N
dev_bob	2bbf794e1496cc06971ef80e2d4146a4	\\x01593a24d6fb1cc5bd73cb99245f85811b78656ee52e78c262117c09de25e5840a2677d1878ea1c55ec58ba74480db2e0cae17b4365388fe149f12dc	\N	unlimited	1767268800000	1767268800000
\.


--
-- Data for Name: idempotency_keys; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.idempotency_keys (developer_id, mode, key_index, body_hash, pause_id, created_at) FROM stdin;
dev_alice	live	0c58b9ae09239c3d01ede1030fbe176b	d7045aded273fe8539ee698cfecb55f6	psr_019b7a90-cc00-7000-8000-000000000000	1767268800000
\.


--
-- Data for Name: mutes; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.mutes (person_key, mute_id, developer_id, mode, channel, sealed, reason, created_at) FROM stdin;
7da19abcdf61321a100c523f7e097209	mut_019b7a90-cc00-7000-8000-000000000001	dev_alice	live	email	\\x019478b181eccd8f9c9bdfa25bdc0efd5edf65a976c7a49b72744a03f2e168219a38ed20ea9e326b55fde11bdacb9989	reported	1767268800000
\.


--
-- Data for Name: pauses; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.pauses (pause_id, developer_id, mode, status, channel, allow_text, default_index, created_at, expires_at, choice_index, responded_at, resolved_by, delivery_state, callback_target, remind_at, fallbacks, person_key) FROM stdin;
psr_019b7a90-cc00-7000-8000-000000000000	dev_alice	live	pending	sms	1	1	1767268800000	1767272400000	\N	\N	\N	queued	\N	\N	0	5f1e7b674817d3bf2adefaeecdf445ca
psr_019b7a90-cc00-7000-8000-000000000001	dev_alice	live	responded	sms	1	\N	1767268800000	1767272400000	0	1767268800000	human	queued	\N	\N	0	5f1e7b674817d3bf2adefaeecdf445ca
psr_019b7a90-cc00-7000-8000-000000000003	dev_alice	live	cancelled	sms	1	\N	1767268800000	1767272400000	\N	\N	developer	queued	\N	\N	0	5f1e7b674817d3bf2adefaeecdf445ca
psr_019b7a90-cc00-7000-8000-000000000002	dev_alice	live	timed_out	sms	1	\N	1767268800000	1767268800000	1	\N	timeout	queued	\N	\N	0	5f1e7b674817d3bf2adefaeecdf445ca
psr_019b7a90-cc00-7000-8000-000000000004	dev_alice	live	pending	sms	1	\N	1767268800000	1767272400000	\N	\N	\N	failed	cbk_1	1767272400000	1	5f1e7b674817d3bf2adefaeecdf445ca
psr_019b7a90-cc00-7000-8000-000000000005	dev_alice	test	pending	sms	1	\N	1767268800000	1767272400000	\N	\N	\N	queued	\N	\N	0	\N
\.


--
-- Data for Name: recipients; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.recipients (recipient_id, developer_id, mode, channel, address_key, sealed, created_at, verified_at, verified_by, asked_at, asking, asked_code) FROM stdin;
rcp_019b7a90-cc00-7000-8000-000000000001	dev_alice	live	email	c2dc29c2674a69040d2fd2ee5a25f904	\\x0173bf7a595b42ad6ce59f7004c4d67fb945d25b979b0ec0137b09dcad215b9a8e632089236557d6fe24cefd7b9886f9	1767268800000	1767268800000	person	\N	\N	\N
\.


--
-- Data for Name: schema_migrations; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.schema_migrations (number, name, sha256, compatible_from) FROM stdin;
1	0001_first.sql	644911ff4a516e024d31215ef86a0ecdc19ae386ec2b0279737f2fd85eebcc0c	1
2	0002_callbacks.sql	62a75c6b8f54d8a5f75d8ad5407d57ed371d6ab9c27217d8aecd405b6f9f79ec	1
3	0003_event_feed.sql	4667829690b1e00b55ee4f56cba7fe61f7273bd675ae0070f7c2e22b8c81fae3	1
4	0004_reminders.sql	53923b2594c1101bea2da6c3987ddac5e85c54b93d8d2df3201459da927a24b2	1
5	0005_shared_counts.sql	a6b945f0928ee8151ddd850d5fb13eb5fac062702f0584d9dcb26e6164256829	1
6	0006_actions.sql	f3bb8c2a0361604aedaa80c12ce8e4128ec55a6ff9a5839e8af6fbf47e3dfd30	1
7	0007_scoped_keys.sql	ae0ae328c8a66a8d8f8be101dcd94de5f34cd03a45a3c85f8fd7453f49bf2ca8	1
8	0008_recipients.sql	52a4dc1378ce9dc0c8ee6d1410536340358d8f3957ee88937e5d670afbabbfd8	1
9	0009_kept_in_place.sql	144678f68df691e1976ac2928999d588d9ef7f975aada567363cc1fb2699cf07	1
10	0010_fair_deliveries.sql	c1630da315891063e3b81daa5c4bd2f4416fd677a8bfba8f33049577740e7b9d	1
11	0011_audit_ids.sql	09c7e733b1f94d045d3b94c0d1e7f4853e708da9c344e29b1854b3676c6ae36b	1
12	0012_keys_of_a_pause.sql	d58567a1ddc3be599aab5c1a7bb721570dcc0679aec76529086569700a8f148b	1
\.


--
-- Data for Name: shared_counts; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.shared_counts (counted_at, process_id, sealed) FROM stdin;
\.


--
-- Data for Name: vault; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.vault (vault_id, wrapped_key) FROM stdin;
1	\\x0133e7c250fc960b7c9f3fb6e496dfbab0fc0b0c7f1a589c93912b64a47aca736ad7c60f5b6025ca768971bec92c454519c55bc0aaa9902bdf5f33c4493b6a9703
\.


--
-- Data for Name: webhooks; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.webhooks (webhook_id, developer_id, mode, events, sealed, created_at, disabled_at, deleted_at) FROM stdin;
whk_019b7a90-cc00-7000-8000-000000000000	dev_alice	live	pause.responded pause.cancelled	\\x01477f712b9598925bee40dbf1d5ebdcfc56db64ecffb9a56cd3036a3d5a463de819b215addfc9747603744e89eab7ef869a110863e868da70fdafab6b64b1a046ce241c87d8765249307581433af4c9	1767268800000	\N	\N
whk_019b7a90-cc00-7000-8000-000000000001	dev_alice	live	pause.responded pause.cancelled	\\x0178511313782abf491105b5c59541be316dc7614ddb2d7a4ff688b112aa19fb77c49056816a0ebe4ecbd3bea108b20cc36f559bed58147439b370cee3e4bc0aa9eca729681185ed7cd14de48cf185e9	1767268800000	1767268800000	\N
whk_019b7a90-cc00-7000-8000-000000000002	dev_alice	live	pause.responded pause.cancelled	\\x012cf03ab63cc37fcc28bc510aaaedd2ededcd84a93ebd15767423d5d559a37d573a0028c8085e33e65f275bd0a7cc12fe00149f3dd5a7422c6f5f51a4cdf31f5d3645900908e32cfdeeddcdfe04b186	1767268800000	\N	1767268800000
\.


--
-- Name: audit_entries; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.audit_entries', 12, true);


--
-- Name: actions actions_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.actions
    ADD CONSTRAINT actions_pkey PRIMARY KEY (pause_id);


--
-- Name: api_keys api_keys_key_hash_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT api_keys_key_hash_key UNIQUE (key_hash);


--
-- Name: api_keys api_keys_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT api_keys_pkey PRIMARY KEY (key_id);


--
-- Name: audit audit_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.audit
    ADD CONSTRAINT audit_pkey PRIMARY KEY (entry_id);


--
-- Name: audit_retention audit_retention_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.audit_retention
    ADD CONSTRAINT audit_retention_pkey PRIMARY KEY (retention_id);


--
-- Name: commit_marks commit_marks_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.commit_marks
    ADD CONSTRAINT commit_marks_pkey PRIMARY KEY (writer_id);


--
-- Name: contents contents_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.contents
    ADD CONSTRAINT contents_pkey PRIMARY KEY (pause_id, part);


--
-- Name: deliveries deliveries_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.deliveries
    ADD CONSTRAINT deliveries_pkey PRIMARY KEY (delivery_id);


--
-- Name: developers developers_email_index_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.developers
    ADD CONSTRAINT developers_email_index_key UNIQUE (email_index);


--
-- Name: developers developers_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.developers
    ADD CONSTRAINT developers_pkey PRIMARY KEY (developer_id);


--
-- Name: idempotency_keys idempotency_keys_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.idempotency_keys
    ADD CONSTRAINT idempotency_keys_pkey PRIMARY KEY (developer_id, mode, key_index);


--
-- Name: mutes mutes_mute_id_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.mutes
    ADD CONSTRAINT mutes_mute_id_key UNIQUE (mute_id);


--
-- Name: mutes mutes_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.mutes
    ADD CONSTRAINT mutes_pkey PRIMARY KEY (person_key);


--
-- Name: pauses pauses_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.pauses
    ADD CONSTRAINT pauses_pkey PRIMARY KEY (pause_id);


--
-- Name: recipients recipients_address_key_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.recipients
    ADD CONSTRAINT recipients_address_key_key UNIQUE (address_key);


--
-- Name: recipients recipients_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.recipients
    ADD CONSTRAINT recipients_pkey PRIMARY KEY (recipient_id);


--
-- Name: schema_migrations schema_migrations_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.schema_migrations
    ADD CONSTRAINT schema_migrations_pkey PRIMARY KEY (number);


--
-- Name: shared_counts shared_counts_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.shared_counts
    ADD CONSTRAINT shared_counts_pkey PRIMARY KEY (counted_at, process_id);


--
-- Name: vault vault_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.vault
    ADD CONSTRAINT vault_pkey PRIMARY KEY (vault_id);


--
-- Name: webhooks webhooks_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.webhooks
    ADD CONSTRAINT webhooks_pkey PRIMARY KEY (webhook_id);


--
-- Name: api_keys_of_developer; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX api_keys_of_developer ON public.api_keys USING btree (developer_id);


--
-- Name: audit_as_feed; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX audit_as_feed ON public.audit USING btree (developer_id, txid, entry_id);


--
-- Name: audit_of_developer; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX audit_of_developer ON public.audit USING btree (developer_id, entry_id);


--
-- Name: audit_of_pause; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX audit_of_pause ON public.audit USING btree (pause_id, entry_id) WHERE (pause_id IS NOT NULL);


--
-- Name: deliveries_by_kind; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX deliveries_by_kind ON public.deliveries USING btree (kind, due_at, developer_id, target) WHERE (due_at IS NOT NULL);


--
-- Name: deliveries_of_pause; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX deliveries_of_pause ON public.deliveries USING btree (pause_id, kind);


--
-- Name: deliveries_of_webhook; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX deliveries_of_webhook ON public.deliveries USING btree (webhook_id, delivery_id) WHERE (webhook_id IS NOT NULL);


--
-- Name: idempotency_keys_of_pause; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX idempotency_keys_of_pause ON public.idempotency_keys USING btree (pause_id);


--
-- Name: pauses_by_deadline; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX pauses_by_deadline ON public.pauses USING btree (expires_at) WHERE (status = 'pending'::text);


--
-- Name: pauses_newest; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX pauses_newest ON public.pauses USING btree (developer_id, mode, pause_id);


--
-- Name: pauses_of_person; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX pauses_of_person ON public.pauses USING btree (person_key) WHERE ((status = 'pending'::text) AND (person_key IS NOT NULL));


--
-- Name: recipients_of_developer; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX recipients_of_developer ON public.recipients USING btree (developer_id, mode, recipient_id);


--
-- Name: webhooks_of_developer; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX webhooks_of_developer ON public.webhooks USING btree (developer_id, mode);


--
-- Name: audit audit_is_never_changed; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER audit_is_never_changed BEFORE DELETE OR UPDATE ON public.audit FOR EACH ROW EXECUTE FUNCTION public.refuse_audit_change();

ALTER TABLE public.audit ENABLE ALWAYS TRIGGER audit_is_never_changed;


--
-- Name: audit audit_is_never_emptied; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER audit_is_never_emptied BEFORE TRUNCATE ON public.audit FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_audit_change();

ALTER TABLE public.audit ENABLE ALWAYS TRIGGER audit_is_never_emptied;


--
-- Name: actions actions_pause_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.actions
    ADD CONSTRAINT actions_pause_id_fkey FOREIGN KEY (pause_id) REFERENCES public.pauses(pause_id);


--
-- Name: api_keys api_keys_developer_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT api_keys_developer_id_fkey FOREIGN KEY (developer_id) REFERENCES public.developers(developer_id);


--
-- Name: contents contents_pause_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.contents
    ADD CONSTRAINT contents_pause_id_fkey FOREIGN KEY (pause_id) REFERENCES public.pauses(pause_id);


--
-- Name: deliveries deliveries_developer_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.deliveries
    ADD CONSTRAINT deliveries_developer_id_fkey FOREIGN KEY (developer_id) REFERENCES public.developers(developer_id);


--
-- Name: deliveries deliveries_pause_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.deliveries
    ADD CONSTRAINT deliveries_pause_id_fkey FOREIGN KEY (pause_id) REFERENCES public.pauses(pause_id);


--
-- Name: deliveries deliveries_webhook_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.deliveries
    ADD CONSTRAINT deliveries_webhook_id_fkey FOREIGN KEY (webhook_id) REFERENCES public.webhooks(webhook_id);


--
-- Name: idempotency_keys idempotency_keys_developer_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.idempotency_keys
    ADD CONSTRAINT idempotency_keys_developer_id_fkey FOREIGN KEY (developer_id) REFERENCES public.developers(developer_id);


--
-- Name: mutes mutes_developer_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.mutes
    ADD CONSTRAINT mutes_developer_id_fkey FOREIGN KEY (developer_id) REFERENCES public.developers(developer_id);


--
-- Name: pauses pauses_developer_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.pauses
    ADD CONSTRAINT pauses_developer_id_fkey FOREIGN KEY (developer_id) REFERENCES public.developers(developer_id);


--
-- Name: recipients recipients_developer_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.recipients
    ADD CONSTRAINT recipients_developer_id_fkey FOREIGN KEY (developer_id) REFERENCES public.developers(developer_id);


--
-- Name: webhooks webhooks_developer_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.webhooks
    ADD CONSTRAINT webhooks_developer_id_fkey FOREIGN KEY (developer_id) REFERENCES public.developers(developer_id);


--
-- PostgreSQL database dump complete
--

\unrestrict hSDHXseWNeLr3Le3MeS55ywDpxNfFw8kUUTDX9pVZO5hl5iIR6qodKBKh15R5wn
