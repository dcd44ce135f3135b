//! The vocabulary of the simulated world: what all of its texts are made of.
//!
//! About two thousand common words, by the part they play in a sentence; nouns are by topic, since
//! people who ask about the same thing share words without sharing a template. Verbs are chosen so
//! that their forms follow from the base form by one rule.

/// Nouns of one field of work or life, and what the field is called.
pub struct Topic {
    /// What the field is called.
    pub name: &'static str,
    /// Whether what people paste into their questions is program text.
    pub code: bool,
    /// Its nouns, separated by blanks.
    pub nouns: &'static str,
}

/// The fields people ask about.
pub const TOPICS: [Topic; 24] = [
    topic(
        "cooking",
        "recipe oven dough flour butter skillet broth garlic onion marinade casserole whisk yeast loaf crust glaze seasoning pantry stew dumpling noodle spatula saucepan basil cumin vinegar custard pastry kettle ladle sourdough lentil risotto platter brine",
    ),
    topic(
        "gardening",
        "seedling compost trellis mulch shrub orchard hedge greenhouse fertilizer perennial bulb trowel lawn pruning pollinator tomato basin rosebush weed soil planter irrigation hose beetle canopy sprout lavender fern acorn rootstock wheelbarrow rake terrace herb drainage",
    ),
    topic(
        "travel",
        "itinerary passport hostel luggage ferry airport museum visa layover backpack harbor embassy cabin tram cathedral souvenir voucher detour lagoon campsite border guidebook timetable landmark excursion platform suitcase viewpoint reservation village coastline stopover shuttle balcony trailhead",
    ),
    topic(
        "fitness",
        "workout barbell squat treadmill cardio stretch marathon posture pushup kettlebell hydration interval cadence recovery tendon calorie endurance warmup dumbbell rower plank sprint hamstring protein coach routine mobility heartbeat ankle shoulder stamina pulse balance breathing tempo",
    ),
    topic(
        "finance",
        "ledger invoice dividend portfolio mortgage liability cashflow forecast audit premium annuity hedge broker equity bond receivable payroll depreciation escrow creditor margin treasury variance accrual subsidy refund pension collateral balance loan broker dealer yield surplus quota",
    ),
    topic(
        "law",
        "contract clause tenant statute plaintiff liability easement affidavit warranty arbitration covenant deposition injunction trademark patent licence bylaw verdict testimony precedent jurisdiction lease notary petition counsel mediation indemnity breach subpoena remedy guardian probate estate deed tribunal",
    ),
    topic(
        "medicine",
        "dosage symptom diagnosis antibiotic rash biopsy cholesterol insulin vaccine migraine allergy ultrasound prescription inflammation thyroid anemia artery clinic referral sedative fracture pathogen lesion relapse therapy catheter lung kidney enzyme screening immunity pharmacist swelling toxin placebo",
    ),
    topic(
        "history",
        "empire treaty dynasty siege republic monarch colony parchment crusade armada census guild rebellion peasant archive chronicle fortress senate aqueduct manuscript legion plague caravan revolution abolition parliament relic excavation exile regent province frontier blockade heir artisan",
    ),
    topic(
        "physics",
        "electron momentum entropy photon lattice gravity torque plasma neutrino oscillation wavelength spectrum tensor isotope magnet voltage capacitor pendulum friction vacuum lens prism fermion collider resonance inertia diffraction quark kinetics turbine laser dipole fluid viscosity orbit",
    ),
    topic(
        "biology",
        "genome protein membrane chloroplast mutation ribosome enzyme habitat predator larva fungus bacterium chromosome neuron tissue ecosystem pollen spore mammal reptile plankton hormone receptor antibody lineage symbiosis taxonomy coral embryo metabolism species vertebrate nectar biome allele",
    ),
    topic(
        "mathematics",
        "theorem integral matrix polynomial eigenvalue lemma proof vertex graph permutation derivative modulus manifold conjecture inequality divisor tangent series vector kernel bijection cosine determinant quotient parabola axiom corollary hypotenuse ratio subset prime sequence summation asymptote gradient",
    ),
    topic(
        "music",
        "chord melody tempo violin rehearsal octave lyric bassline drummer concerto harmony fretboard metronome soprano piano rhythm cello trumpet encore ballad choir mixing microphone reverb playlist orchestra scale sonata arpeggio tuning amplifier duet verse refrain conductor",
    ),
    topic(
        "fiction",
        "protagonist dragon villain prologue chapter dialogue lighthouse castle detective heroine sequel twist narrator manuscript apprentice smuggler prophecy orphan kingdom curse spaceship tavern blacksmith scribe ghost lantern voyage masquerade duel legend outlaw wizard widow stranger island",
    ),
    topic(
        "marketing",
        "campaign slogan newsletter audience brand funnel landing headline influencer conversion survey segment tagline retention giveaway webinar billboard persona outreach engagement keyword banner copywriter loyalty coupon launch mockup feedback prospect demo testimonial subscriber channel budget storefront",
    ),
    topic(
        "education",
        "syllabus lesson quiz lecture homework rubric worksheet semester tutor classroom textbook curriculum essay transcript enrollment seminar thesis scholarship flashcard dormitory professor exam faculty diploma workshop attendance reading grammar spelling pupil campus literacy bibliography citation notebook",
    ),
    topic(
        "career",
        "resume interview recruiter salary promotion internship portfolio manager referral onboarding mentor deadline negotiation vacancy commute workplace appraisal colleague meeting payslip relocation freelance contractor supervisor burnout credential networking headhunter applicant probation shift agenda timesheet reference handover",
    ),
    topic(
        "home repair",
        "faucet drywall thermostat gutter plywood hinge caulk plumbing breaker socket insulation tile grout shingle radiator boiler valve joist paint primer ladder screw bracket drain outlet fuse attic basement sealant window doorframe varnish chisel sander plaster",
    ),
    topic(
        "climate",
        "glacier emission drought monsoon carbon reservoir wetland rainfall turbine biomass hurricane aquifer permafrost ozone methane wildfire coastline sediment forecast biodiversity heatwave floodplain offset forest erosion current atmosphere humidity landfill recycling seawall tide groundwater evaporation sunlight",
    ),
    topic(
        "games",
        "quest inventory dungeon checkpoint leaderboard sprite loot boss puzzle avatar controller multiplayer tournament guild joystick level pixel arena stamina crafting dice token deck campaign speedrun spawn shield armor potion respawn opponent cutscene soundtrack teammate patch",
    ),
    code(
        "backend code",
        "endpoint handler middleware cache queue migration schema transaction payload timeout worker mutex thread socket serializer router webhook token session replica index cursor batch retry broker namespace container gateway scheduler registry hook daemon shard pool throttle",
    ),
    code(
        "frontend code",
        "component stylesheet viewport modal tooltip dropdown breakpoint animation hook reducer selector carousel navbar sidebar checkbox form validator state prop bundle asset sprite canvas layout grid flexbox scrollbar listener widget template placeholder icon theme gesture renderer",
    ),
    code(
        "data analysis",
        "dataframe column histogram outlier regression pivot percentile cohort dashboard dataset median correlation sampling imputation boxplot scatter cluster quantile baseline notebook spreadsheet aggregate join filter partition label feature residual variance timestamp metric confidence estimate bin anomaly",
    ),
    code(
        "operations",
        "cluster deployment rollback pipeline runner artifact volume node ingress certificate secret alert latency uptime backup snapshot firewall subnet loadtest probe manifest image tag hypervisor kernel patch syslog incident postmortem oncall quota region failover provisioner bucket",
    ),
    code(
        "algorithms",
        "recursion heap stack queue graph vertex edge matrix pointer hash tree traversal sorting partition pivot greedy memo lookup prefix suffix interval window bitmask counter permutation subset palindrome substring iterator buffer sentinel invariant complexity bound leaf",
    ),
];

const fn topic(name: &'static str, nouns: &'static str) -> Topic {
    Topic { name, code: false, nouns }
}

const fn code(name: &'static str, nouns: &'static str) -> Topic {
    Topic { name, code: true, nouns }
}

/// Base forms of verbs that take -ing and -ed by rule.
pub const VERBS: &str = "accept adapt adjust align allocate amend analyze announce append approach arrange assemble assess assign attach avoid balance blend borrow bracket calculate calibrate capture cascade challenge charge check clarify classify clean collapse collect combine compare compile compress compute condense configure confirm connect consider consolidate construct consult convert correct count crack cross decorate deduct defend define delay delegate deliver depend derive describe design detach detect determine develop discard discover discuss distribute divide document double drain draft educate elevate eliminate embed employ enable encode encourage enforce enhance enlarge ensure estimate evaluate examine exchange execute expand expect explain explore export expose extend extract factor favor fetch filter finish follow forward frame gather generate grade guard guide handle harvest help highlight ignore illustrate import improve include increase indicate inflate inspect install integrate interpret invent invest isolate join launch learn limit link list load locate maintain manage mark mask measure mention merge migrate mirror model monitor move name navigate negotiate nest note notice number observe obtain offer open optimize order organize outline pack paint pair paste perform pivot place polish predict prepare present preserve prevent prioritize process produce promote propose protect prove publish question rank rearrange rebuild record recover reduce refine reflect refresh reject relate release remind remove render reorder repair repeat replace report request resolve restore restrict retain return reveal reverse review reward rotate sample schedule score search select separate settle shape share sharpen shelve shift shorten simulate sketch solve sort stack start stretch structure substitute suggest summarize support suspect switch tackle target test touch trace track train transform translate treat trigger tune turn unfold unlock update validate verbalize visit visualize warn watch weigh widen wonder";

/// Adjectives.
pub const ADJECTIVES: &str = "able abrupt active actual adequate advanced ample ancient annual apparent arid automatic average awkward bare basic blank bold brief bright brittle broad broken busy calm careful casual central cheap chief chilly circular classic clean clear clever close clumsy coarse cold common compact complete complex concrete constant cool correct costly critical crisp crowded cubic curious current custom daily damp dark deep delicate dense digital direct dirty distant double dry dual dull eager early easy elegant empty endless equal even exact excess exotic extra faint fair familiar fancy fast faulty feasible fierce final fine firm fixed flat flexible foggy foreign formal fragile fresh frozen full fuzzy general gentle genuine giant global golden gradual grand gray great greedy half handy hard harsh hasty heavy hidden high hollow honest hot huge humble icy ideal idle immense inner intense internal jagged joint junior keen key large late lazy lean legal light limited linear liquid little local long loose loud low loyal lucky magnetic main major manual marginal massive mature mean medium mere messy mild minor missing mixed mobile modern modest moist monthly muddy narrow native neat nested neutral new nimble noisy normal notable novel obscure obvious odd old open optional ordinary outer oval overdue pale parallel partial patient peculiar perfect plain polite poor popular portable precise pretty previous private proper public pure quick quiet random rapid rare raw ready real recent regional regular remote rigid ripe robust rough round rural rusty safe scarce secure senior separate serious shallow sharp short shy silent silver similar simple single skinny sleepy slim slippery slow small smooth soft solid sour spare sparse special spicy stable stale standard static steady steep sticky stiff strange strict strong stubborn subtle sudden suitable sunny super sweet swift tall tame tender tense thick thin tidy tight tiny total tough typical uneven unique unusual upper urban urgent usual vague valid vast vertical visible vital vivid warm weak weekly weird wet whole wide wild wooden worn young";

/// Nouns of no topic.
pub const NOUNS: &str = "advantage advice afternoon agreement answer approach area argument attempt attention average background basis beginning behavior benefit book bottom box brother budget building case cause center chance change chart choice circle client comment community company concept concern condition conflict connection context corner cost country couple course cousin criterion customer damage date daughter deadline deal decision degree demand department detail difference difficulty direction discussion distance district document doubt draft edge effect effort element email end energy error evening event evidence example exception exercise expense experience expert factor failure family feature feeling field figure file flow focus folder form format formula friend function gap goal group growth guess guide habit hand idea image impact improvement information input instance interest issue item job journey knowledge language layer leader length letter level library limit line list location loss machine market material measure member memory message method middle minute mistake mode moment month morning name nature neighbor noise note number object office opinion option order outcome output owner page pair paper parameter part partner past path pattern payment people period person phase phone phrase picture piece place plan point position possibility practice preference presence pressure price principle problem procedure process product profile progress project proof property purpose quality quantity question range rate reaction reason record region relation report request requirement resource response result review rhythm risk role room rule sample scale scene scope season section sense sentence series service setting side signal sister site situation size skill solution sort source space stage standard start statement step story strategy street structure student study style subject success suggestion summary supply surface system table target task team term theory thing thought time title tool total town trade trend trouble type unit update value version view visit voice volume week weight window winner word worker world year";

/// Adverbs.
pub const ADVERBS: &str = "accurately actively almost already always annually badly barely briefly brightly broadly carefully casually certainly cheaply clearly closely commonly constantly correctly currently daily deeply directly early easily entirely equally eventually exactly fairly finally firmly freely frequently fully generally gently gradually hardly heavily honestly initially instantly internally jointly largely lately lightly likely locally loosely mainly manually merely mostly naturally nearly neatly never normally often openly originally partly perfectly plainly possibly precisely previously privately promptly properly publicly quickly quietly rarely readily recently regularly safely seldom separately sharply shortly silently simply slightly slowly smoothly solely sometimes soon steadily strictly strongly suddenly surely tightly together truly twice typically usually vaguely weekly widely";

/// First names.
pub const PEOPLE: &str = "Aaron Abena Adele Akira Alma Amara Anders Anita Anton Ariel Astrid Ayaan Bashir Beatriz Bela Bianca Bjorn Camila Carlos Cedric Chiara Chidi Clara Connor Dalia Damian Dara Diego Dimitri Edith Elena Elias Emeka Emil Esther Fatima Felix Fiona Gabriel Gita Greta Hana Harold Hassan Helena Hiro Ibrahim Ingrid Irene Ivan Jasmin Jonas Julia Kaito Karim Katya Kenji Lara Leila Leo Lorenzo Luisa Magnus Malik Marta Mateo Mei Milan Mina Nadia Naomi Nikhil Nina Noor Olga Omar Oscar Pablo Paula Petra Priya Quentin Rafael Rania Ravi Rosa Samir Sanjay Selma Sofia Stefan Tamar Tariq Teresa Tomas Uma Valeria Victor Wanda Wei Yara Yusuf Zainab Zoltan";

/// Places.
pub const PLACES: &str = "Aarhus Accra Adelaide Antwerp Asuncion Athens Baku Bergen Bilbao Bogota Bordeaux Brno Bucharest Busan Calgary Cardiff Cebu Cork Cusco Dakar Denver Dresden Dublin Durban Edmonton Fukuoka Galway Genoa Ghent Gdansk Graz Guadalajara Haifa Hamburg Hanoi Helsinki Hobart Jaipur Kampala Kaunas Kigali Kobe Krakow Lagos Leeds Leipzig Lima Lisbon Lyon Malmo Manila Medellin Memphis Montreal Mumbai Nairobi Nantes Naples Oslo Ottawa Perth Porto Prague Pune Quito Recife Riga Rosario Rotterdam Seville Sapporo Tallinn Tampere Tbilisi Toledo Tunis Turin Utrecht Valencia Vilnius Warsaw Wellington Winnipeg Zagreb Zurich";
