--
-- PostgreSQL database dump
--

\restrict NNM16P8acrQnL7I36IfSQn7BmSfevJw0tbltc3CvpkX8r23P9dwIEg9vbIaP86W

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
    AS $$SELECT microseconds * 8 + ((number + hashint8(microseconds # 690317960614672624)) & 7)$$;


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
psr_019b7a90-cc00-7000-8000-000000000004	\\x0146288e5bc28e88217e36d35980300ecf5da5c1a4a775900daa1851e375e5d9d4c0b3e54326e26dcb3daa6f4d1f4703768f871742978c0ca673519bae26cd6ce99769cf78de62fb
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
483482905468098	dev_alice	live	\N	developer.registered	developer	{}	1767268800000	755
483482905613046	dev_alice	live	\N	api_key.revoked	developer	{}	1767268800000	758
483482905689719	dev_alice	live	\N	webhook.deleted	developer	{}	1767268800000	764
483482905720240	dev_alice	live	psr_019b7a90-cc00-7000-8000-000000000000	pause.created	developer	{"channel":"sms"}	1767268800000	765
483482905754577	dev_alice	live	psr_019b7a90-cc00-7000-8000-000000000001	pause.created	developer	{"channel":"sms"}	1767268800000	767
483482905781304	dev_alice	live	psr_019b7a90-cc00-7000-8000-000000000001	pause.responded	human	{}	1767268800000	769
483482905798717	dev_alice	live	psr_019b7a90-cc00-7000-8000-000000000003	pause.created	developer	{"channel":"sms"}	1767268800000	771
483482905820874	dev_alice	live	psr_019b7a90-cc00-7000-8000-000000000003	pause.cancelled	developer	{}	1767268800000	773
483482905830701	dev_alice	live	psr_019b7a90-cc00-7000-8000-000000000002	pause.created	developer	{"channel":"sms"}	1767268800000	775
483482905852405	dev_alice	live	psr_019b7a90-cc00-7000-8000-000000000002	pause.timed_out	system	{}	1767268800000	777
483482905877171	dev_alice	live	psr_019b7a90-cc00-7000-8000-000000000004	pause.created	developer	{"channel":"sms"}	1767268800000	779
483482905913061	dev_alice	test	psr_019b7a90-cc00-7000-8000-000000000005	pause.created	developer	{"channel":"sms"}	1767268800000	783
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
psr_019b7a90-cc00-7000-8000-000000000000	question	\\x0185215db83bead00afbcc4ca01130c3249bc28ae28ddc0a6d83960061a2977556585d221db028f9ce2bb19bb7e83d1b2df420a6c216757cb35e6e8f169687015161e9184e2ccaefc3fc9585303b583996e76bd7b4ffd72738d411c1ec9b9f3ed681b59cdefdf22d9e005d6aa3690ad9c1b4dc0590647cbaa18e43f2a17ae7cbc9b429752496bd	0
psr_019b7a90-cc00-7000-8000-000000000001	question	\\x018d81052c33064ea327ff0f31789ae179af396a6aa5038a3a3273baf8db1759f496b3ec98aaf56649a770850da09acc82a8091e6cc1d15bc0f1b063b7e9b7174c65ac3fffabe561301182f0c06c7065098cd5ff7260601b352550f8378964d1d9da053510b4c3337155a3af00198f8eaf196a316a9e3410e2165669377f9da99dd0657bc57cb6	0
psr_019b7a90-cc00-7000-8000-000000000001	answer	\\x0111b85728ad2444f9cd966730e5343cb5e19a4bb356b6d7572d18101d9603bf39e15262b456d0cf4ba0f2e2fbe7468b4ff8e88c3ea37f3a8786	0
psr_019b7a90-cc00-7000-8000-000000000003	question	\\x01dc25abdd66c066f4382fbecdf34f226c67d32798dc5cb7a914d66cfde38d6245fe003bce9d4f47c29d196fe21f945f9e95f056e6d7c6060134fbe62f1c421042bdb1faa045adc81b0b185f6594150f568f2a09c6e9bd9322de5bf6e5f1ff708045e565fc492db9d858228bdec189cda3039c22a5fd29674b93ac344e307700d9529986739b94	0
psr_019b7a90-cc00-7000-8000-000000000002	question	\\x01198ac27f4223320e77bef7f2a8698cb756be2e6088911e2817e973bf2e3c62d9bb03883c52879dde66e94f4c27aa147f6429a9145f618e550ebca0ce6c1115c3c2ebf2a9f34f1a947b1f9e552f370f6f85d0728c4c3c08c757f6cbe2b902eaf054484b8f88d567fdd1c5cc44f266255fe2daf279a1f37f835be53033b441b658560d02d7beca	0
psr_019b7a90-cc00-7000-8000-000000000004	question	\\x01084a4a874afdb255991aa6bd210961658a3b2104ad5f9d0989c39bd3e6c0ddeda65298e30b228a54d76f060371339c1cea6f43bd0441b62dedda102716bb4f985b602411eb69818123a782f6ab9056e307c7e6262fbc81f00156be933c7596fff362031faf0cd615460a7a33c88a9ba7a7af8c370a4559bbc924d72ee9bdeac79985bbb62a0699d0f204958c2b04cba88877dfe715f285e28d1b84a5cfb4d252dff05a489a2c24fbb247b41de343ec052870620a5eaad66b43c929ff083b31683b7b8c9729cee4e3dfd2f17e699e39071bfd1b4c9f6b2f59ffe34df931e0c9dcebeaaa90a9cd77c0dddc782e94f0e53bb0ffad591c3b94220726cbdf1cbb1d84442bc1d90ecd7ee0f53c4c516fd19eb67122254c23e186eb6e33a45a91	0
psr_019b7a90-cc00-7000-8000-000000000005	question	\\x01aa7faa331c7ccde2413ac2f01b1b7160f678e9da9660f6a812bf95efd49e9e945d48df3fc1bf38a02757e60dec85f7faa23e9ce245b3fd87e5ea83e28aa997a7929e6e6843c5e82f95b2e9b6574e384f4d8b05f5cce209338a109db80b5731d37b1ae36b1f8930dca547b8c17e549168b8ce1952f19744a6347629f07c3bc66e5c03ad02804d	0
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
dev_alice	140d59f80a73100e546c94a69f32e574	\\x01b51f49cbbb9544e658143dd06e960d7784e25314543eece0fb7e8c3259640a428fd30875226c2c9ef9aa8fce9f5e5845826cc23d55975a3cc74d813773	$argon2id$none	unlimited	1767268800000	\N
dev_bob	6f0f433f01ca4b96fa6b8c1e4cab05f4	\\x0158f44c4b51910cdc7815de2b3a75458fd36366706978a6879ab4d72934b900294f55a8cdf56639bb9e37ae76704db1d2c550ebcea5ea7000a0586d	\N	unlimited	1767268800000	1767268800000
\.


--
-- Data for Name: idempotency_keys; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.idempotency_keys (developer_id, mode, key_index, body_hash, pause_id, created_at) FROM stdin;
dev_alice	live	27fd0f7d79b7be1b66f2effa59035454	90c68e6d0ebefe567dc402fa4ccb31a2	psr_019b7a90-cc00-7000-8000-000000000000	1767268800000
\.


--
-- Data for Name: mutes; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.mutes (person_key, mute_id, developer_id, mode, channel, sealed, reason, created_at) FROM stdin;
afaffc3db7ffeb6712f24e0d16538d6d	mut_019b7a90-cc00-7000-8000-000000000001	dev_alice	live	email	\\x01a8a49456b1a0b95c2f2f165de453ec1aaf890a1de503cd9c9ae61d2182909fd1e78d1e7c06592106f434e2d7a519ec	reported	1767268800000
\.


--
-- Data for Name: pauses; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.pauses (pause_id, developer_id, mode, status, channel, allow_text, default_index, created_at, expires_at, choice_index, responded_at, resolved_by, delivery_state, callback_target, remind_at, fallbacks, person_key) FROM stdin;
psr_019b7a90-cc00-7000-8000-000000000000	dev_alice	live	pending	sms	1	1	1767268800000	1767272400000	\N	\N	\N	queued	\N	\N	0	489d9b536bfc95c949fbe5c911619d0f
psr_019b7a90-cc00-7000-8000-000000000001	dev_alice	live	responded	sms	1	\N	1767268800000	1767272400000	0	1767268800000	human	queued	\N	\N	0	489d9b536bfc95c949fbe5c911619d0f
psr_019b7a90-cc00-7000-8000-000000000003	dev_alice	live	cancelled	sms	1	\N	1767268800000	1767272400000	\N	\N	developer	queued	\N	\N	0	489d9b536bfc95c949fbe5c911619d0f
psr_019b7a90-cc00-7000-8000-000000000002	dev_alice	live	timed_out	sms	1	\N	1767268800000	1767268800000	1	\N	timeout	queued	\N	\N	0	489d9b536bfc95c949fbe5c911619d0f
psr_019b7a90-cc00-7000-8000-000000000004	dev_alice	live	pending	sms	1	\N	1767268800000	1767272400000	\N	\N	\N	failed	cbk_1	1767272400000	1	489d9b536bfc95c949fbe5c911619d0f
psr_019b7a90-cc00-7000-8000-000000000005	dev_alice	test	pending	sms	1	\N	1767268800000	1767272400000	\N	\N	\N	queued	\N	\N	0	\N
\.


--
-- Data for Name: recipients; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.recipients (recipient_id, developer_id, mode, channel, address_key, sealed, created_at, verified_at, verified_by, asked_at, asking, asked_code) FROM stdin;
rcp_019b7a90-cc00-7000-8000-000000000001	dev_alice	live	email	a1fc69f9929a0cef08303c5791fe42cd	\\x017bfe0626667ed60b181fb53b71962da49760d5fec5965f892b0f377ac946b3b064b12b88a3b06ea45bc8f0c1d0bffe	1767268800000	1767268800000	person	\N	\N	\N
\.


--
-- Data for Name: schema_migrations; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.schema_migrations (number, name, sha256, compatible_from) FROM stdin;
1	0001_first.sql	0a8f2f9191b82f9ed5667f1f8e94cd6b97c80bdfdf71afef3212f5fce2ebb3c1	1
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
1	\\x01a484752748585cb672adaf53376d8ad200bffbfd0efdf1bc34adcd8fc67c007598ea9734d450e6e915e92bb50232b93827666cb67f23efa8fb6946021ef07b20
\.


--
-- Data for Name: webhooks; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.webhooks (webhook_id, developer_id, mode, events, sealed, created_at, disabled_at, deleted_at) FROM stdin;
whk_019b7a90-cc00-7000-8000-000000000000	dev_alice	live	pause.responded pause.cancelled	\\x016150f755a9ab5db11e1634ba18b22da62012a0f046f25aa8bbe0a50fec665601b88c670b9d498ece97a163ebcd9bbadde196055a382c3b32b0f75fc8e5e53fe47d2192c369dad4b9ca006c230c8342	1767268800000	\N	\N
whk_019b7a90-cc00-7000-8000-000000000001	dev_alice	live	pause.responded pause.cancelled	\\x01881e86e96a1a572385628961e840b1e810098fee39fd49873d53e1601730b0e1ef6b90f76d5549d0bdb20f76ded11ad8567d2369a21c29a5d9b09cfb7cb89929bb7d8fae605d73327968e67dc85e54	1767268800000	1767268800000	\N
whk_019b7a90-cc00-7000-8000-000000000002	dev_alice	live	pause.responded pause.cancelled	\\x013fbc2a9d92b2e67cd5813b43ae9e127858967c7f9b6a518d0e0bee69868781a107bc125e1b21e6cd680165fef9335e1898223fca27a51c99ebae9d9037a527877a119763a6a0fd305bf8749ce69309	1767268800000	\N	1767268800000
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

\unrestrict NNM16P8acrQnL7I36IfSQn7BmSfevJw0tbltc3CvpkX8r23P9dwIEg9vbIaP86W
