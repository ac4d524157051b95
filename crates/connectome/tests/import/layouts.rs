//! The layouts, read from small tables shaped like the exports.

use kenyon_connectome::import::{
    Duplicates, Expression, Field, ImportOptions, Layout, Populations, Tally,
};
use kenyon_connectome::{Compartment, Input, Side};
use kenyon_testing::Suite;

use crate::{edges, imported, options, refused};

const CLASSIFICATION: &str = "\
root_id,flow,super_class,class,sub_class,hemilineage,side,nerve
720575940600000001,intrinsic,central,Kenyon_Cell,KCg,MBp1,left,
720575940600000002,intrinsic,central,Kenyon_Cell,KCab,MBp1,right,
720575940600000003,intrinsic,central,MBON,MBON01,,right,
720575940600000004,intrinsic,optic,,,,left,
";

const TYPES: &str = "\
root_id,primary_type,additional_type(s)
720575940600000001,KCg-m,
720575940600000003,MBON01,
";

const CONNECTIONS: &str = "\
pre_root_id,post_root_id,neuropil,syn_count,nt_type
720575940600000001,720575940600000003,MB_ML_L,7,ACH
720575940600000001,720575940600000003,MB_CA_L,5,ACH
720575940600000002,720575940600000003,MB_ML_R,3,ACH
720575940600000002,720575940600000003,MB_CA_R,1,GABA
720575940600000003,720575940600000001,MB_ML_L,2,GLUT
720575940600000001,720575940600000004,LO_L,40,DA
720575940600000009,720575940600000001,LO_L,6,ACH
720575940600000003,720575940600000003,MB_ML_R,0,GLUT
";

const FLYWIRE: [(&str, &str); 3] = [
    ("connections.csv", CONNECTIONS),
    ("classification.csv", CLASSIFICATION),
    ("consolidated_cell_types.csv", TYPES),
];

fn id(number: u64) -> u64 {
    720_575_940_600_000_000 + number
}

fn mushroom_body() -> ImportOptions {
    options(&["KC = class == \"Kenyon_Cell\"", "MBON = class == \"MBON\""])
}

pub fn add(suite: Suite) -> Suite {
    suite
        .test("flywire_rows_by_neuropil_are_added_up", || {
            let got = imported(&FLYWIRE, &mushroom_body());
            assert_eq!(got.record.layout, Layout::Flywire);
            let expected = [
                (id(1), id(3), [0, 12, 0, 0]),
                (id(2), id(3), [0, 4, 0, 0]),
                (id(3), id(1), [0, 2, 0, 0]),
            ];
            assert_eq!(edges(&got), expected);
            let counts = got.record.contacts;
            let tally = |rows, contacts| Tally { rows, contacts };
            assert_eq!(counts.read, tally(8, 64));
            assert_eq!(counts.dropped_without_contact, tally(1, 0));
            assert_eq!(counts.dropped_unlisted_neuron, tally(1, 6));
            assert_eq!(counts.dropped_not_selected, tally(1, 40));
            assert_eq!(counts.used, tally(5, 18));
            assert_eq!(counts.merged_rows, 2);
            let neurons = got.data.connectome.neurons();
            // Without a prediction by neuron, what a neuron's contacts say most often.
            let transmitters: Vec<&str> = neurons
                .iter()
                .map(|neuron| neuron.transmitter.as_str())
                .collect();
            assert_eq!(transmitters, ["DA", "ACH", "GLUT"]);
            assert_eq!(
                (neurons[0].class.as_str(), neurons[0].side),
                ("KCg-m", Side::Left)
            );
            assert_eq!(got.record.neurons.not_selected, 1);
        })
        .test("flywire_thresholds_are_of_the_pair", || {
            let mut options = mushroom_body();
            options.minimum_contacts = 4;
            let got = imported(&FLYWIRE, &options);
            assert_eq!(edges(&got).len(), 2);
            let below = got.record.contacts.below_minimum;
            assert_eq!((below.rows, below.contacts), (1, 2));
            assert_eq!(got.record.contacts.kept_contacts, 16);
        })
        .test("flywire_filter_and_transmitter_rules", || {
            let mut options = mushroom_body();
            let filter = "neuropil starts_with \"MB_ML\" and nt_type != \"GLUT\"";
            options.contact_filter = Some(Expression::parse(filter).expect("it parses"));
            options.transmitters = vec![
                ("ACH".to_owned(), "excitatory".to_owned()),
                ("*".to_owned(), "other".to_owned()),
            ];
            let got = imported(&FLYWIRE, &options);
            assert_eq!(edges(&got).len(), 2);
            assert_eq!(got.record.contacts.dropped_by_filter.rows, 6);
            let renamed = &got.record.neurons.transmitters;
            assert_eq!((renamed["excitatory"], renamed["other"]), (2, 1));
        })
        .test("flywire_column_of_transmitters_by_neuron", || {
            let neurons = "root_id,nt_type,nt_type_score\n720575940600000001,GABA,0.9\n";
            let files = [FLYWIRE[0], FLYWIRE[1], ("neurons.csv", neurons)];
            let got = imported(&files, &mushroom_body());
            assert_eq!(got.data.connectome.neurons()[0].transmitter, "GABA");
            assert!(got.record.settings.transmitter_source.contains("nt_type"));
        })
        .test("flywire_identities_behind_a_prefix", || {
            let short = CONNECTIONS
                .replace(
                    "pre_root_id,post_root_id",
                    "pre_root_id_720575940,post_root_id_720575940",
                )
                .replace("720575940600", "600");
            let files = [("connections.csv", short.as_str()), FLYWIRE[1]];
            assert_eq!(edges(&imported(&files, &mushroom_body())).len(), 3);
        })
        .test("neuprint", || {
            let neurons =
                "bodyId,type,instance\n1,KCg-m,KCg-m_R\n2,KCg-m,KCg-m_R\n5,MBON01,MBON01_R\n";
            let total = "bodyId_pre,bodyId_post,weight\n1,5,10\n2,5,3\n5,1,1\n5,9,4\n";
            let files = [
                ("traced-neurons.csv", neurons),
                ("traced-total-connections.csv", total),
            ];
            let populations = [
                "KC = type starts_with \"KC\"",
                "MBON = type contains \"MBON\"",
            ];
            let got = imported(&files, &options(&populations));
            assert_eq!(got.record.layout, Layout::Neuprint);
            assert_eq!(edges(&got).len(), 3);
            assert_eq!(got.data.connectome.neurons()[2].name, "MBON01_R");
            assert_eq!(got.data.connectome.neurons()[2].class, "MBON01");
            // Totals and regions say the same twice.
            let regions = "bodyId_pre,bodyId_post,roi,weight\n1,5,CA(R),10\n";
            let files = [files[0], files[1], ("traced-roi-connections.csv", regions)];
            refused(
                &files,
                &options(&populations),
                &["count twice", "traced-roi-connections.csv"],
            );
        })
        .test("edges_without_a_table_of_neurons", || {
            let list = "pre;post;weight\n10;20;3\n20;10;1\n10;20;4\n30;10;2\n";
            let got = imported(
                &[("list.csv", list)],
                &options(&["A = id in [\"10\", \"20\"]"]),
            );
            assert_eq!(
                edges(&got),
                [(10, 20, [0, 7, 0, 0]), (20, 10, [0, 1, 0, 0])]
            );
            assert_eq!(
                (got.record.neurons.listed, got.record.neurons.selected),
                (3, 2)
            );
            let mut strict = options(&["A = true"]);
            strict.duplicates = Duplicates::Refuse;
            refused(
                &[("list.csv", list)],
                &strict,
                &["list.csv, row 4", "from neuron 10 to neuron 20"],
            );
        })
        .test("edges_with_columns_by_option", || {
            let list = "a,b,k,how many\n1,2,DD,5\n1,2,aa,6\n";
            let mut by_option = options(&["A = true"]);
            by_option.source_column = Some("a".to_owned());
            by_option.target_column = Some("B".to_owned());
            by_option.count_column = Some("how many".to_owned());
            by_option.compartment_column = Some("k".to_owned());
            assert_eq!(
                edges(&imported(&[("l.csv", list)], &by_option)),
                [(1, 2, [6, 0, 0, 5])]
            );
            by_option.count_column = None;
            refused(&[("l.csv", list)], &by_option, &["l.csv", "--count-column"]);
            by_option.rows_are_contacts = true;
            assert_eq!(
                edges(&imported(&[("l.csv", list)], &by_option)),
                [(1, 2, [1, 0, 0, 1])]
            );
            by_option.count_column = Some("none".to_owned());
            by_option.rows_are_contacts = false;
            refused(&[("l.csv", list)], &by_option, &["no column \"none\""]);
        })
        .test("populations_of_a_column", || {
            let neurons = "id\ttype\tname\n1\tb\tx\n2\ta\t\n3\tb\t\n4\t\t\n";
            let list = "source\ttarget\tcontacts\n1\t2\t1\n";
            let by_column = ImportOptions {
                populations: Populations::Column("type".to_owned()),
                ..ImportOptions::default()
            };
            let got = imported(&[("n.tsv", neurons), ("c.tsv", list)], &by_column);
            let ids: Vec<u64> = got.data.connectome.neurons().iter().map(|n| n.id).collect();
            assert_eq!(ids, [1, 3, 2]);
            assert_eq!(got.record.neurons.not_selected, 1);
            assert_eq!(got.record.populations[0].selection, "type is \"b\"");
        })
        .test("matrices_with_annotations", || {
            let annotations =
                "left_id,right_id,celltype,additional_annotations\n1,2,KC,x; y\nno pair,3,MBON,\n";
            let ad =
                "\u{feff}\"\",\"3\",\"1\",\"2\"\n1,0.0,0.0,2.0\n2,4.0,0.0,0.0\n3,0.0,0.0,0.0\n";
            let aa = ";1;2;3\r\n3;1;0;0\r\n1;0;0;0\r\n2;0;0;1\r\n";
            let files = [
                ("annotations.csv", annotations),
                ("ad_matrix.csv", ad),
                ("aa-x.csv", aa),
            ];
            let got = imported(
                &files,
                &options(&["KC = annotation contains \"y\"", "M = celltype == \"MBON\""]),
            );
            let expected = [
                (1, 2, [0, 2, 0, 0]),
                (2, 3, [1, 4, 0, 0]),
                (3, 1, [1, 0, 0, 0]),
            ];
            assert_eq!(edges(&got), expected);
            let neurons = got.data.connectome.neurons();
            assert_eq!((neurons[0].side, neurons[0].partner), (Side::Left, Some(2)));
            assert_eq!((neurons[2].side, neurons[2].partner), (Side::Right, None));
            let all = ",1,2,3\n1,0,2,0\n2,0,0,5\n3,1,0,0\n";
            let with = |all: &str, files: &[(&str, &str)]| {
                let mut files = files.to_vec();
                files.push(("all-all.csv", all));
                files
                    .iter()
                    .map(|(n, t)| ((*n).to_owned(), (*t).to_owned()))
                    .collect::<Vec<_>>()
            };
            let partial = with(all, &files);
            let partial: Vec<(&str, &str)> = partial
                .iter()
                .map(|(n, t)| (n.as_str(), t.as_str()))
                .collect();
            refused(
                &partial,
                &options(&["KC = true"]),
                &["all-all.csv", "only some matrices"],
            );
            let zero = ",1,2,3\n1,0,0,0\n2,0,0,0\n3,0,0,0\n";
            let four = [
                files[0],
                files[1],
                files[2],
                ("da.csv", zero),
                ("dd.csv", zero),
            ];
            let wrong = all.replace(",5", ",6");
            for (all, fine) in [(all, true), (wrong.as_str(), false)] {
                let owned = with(all, &four);
                let given: Vec<(&str, &str)> = owned
                    .iter()
                    .map(|(n, t)| (n.as_str(), t.as_str()))
                    .collect();
                if fine {
                    assert_eq!(edges(&imported(&given, &options(&["KC = true"]))), expected);
                } else {
                    refused(
                        &given,
                        &options(&["KC = true"]),
                        &["aa + ad + da + dd is 5", "says 6"],
                    );
                }
            }
        })
        .test("one_matrix_is_of_the_compartment_that_options_say", || {
            let matrix = "x,1,2\n1,0,1\n2,3,0\n";
            let mut only = options(&["A = true"]);
            only.compartment = Compartment::DendriteDendrite;
            let got = imported(&[("m.csv", matrix)], &only);
            assert_eq!(edges(&got), [(1, 2, [0, 0, 0, 1]), (2, 1, [0, 0, 0, 3])]);
            assert_eq!(edges(&imported(&[("all.csv", matrix)], &only)).len(), 2);
        })
        .test("fields_are_taken_from_columns", || {
            let neurons = "id,kind,lobe,hemisphere,mate\n1,a,g1,L,2\n2,b,g2,upwards,x\n";
            let list = "source,target,contacts\n1,2,1\n";
            let mut fields = options(&["A = true"]);
            for (field, column) in [
                (Field::Class, "kind"),
                (Field::Glomerulus, "lobe"),
                (Field::Partner, "mate"),
            ] {
                fields.fields.insert(field, column.to_owned());
            }
            let files = [("n.csv", neurons), ("c.csv", list)];
            let got = imported(&files, &fields);
            let neuron = &got.data.connectome.neurons()[0];
            assert_eq!(
                (neuron.class.as_str(), neuron.glomerulus.as_str()),
                ("a", "g1")
            );
            assert_eq!((neuron.side, neuron.partner), (Side::Left, Some(2)));
            assert_eq!(got.record.neurons.sides_not_understood, 1);
            assert_eq!(got.record.neurons.partners_not_understood, 1);
            fields.fields.insert(Field::Name, "nowhere".to_owned());
            refused(&files, &fields, &["nowhere", "field name"]);
        })
        .test("odours_from_a_table", || {
            let mut with = options(&["A = true"]);
            let odours = Input::bytes("o.csv", b"odour,Or1\nsfr,-5\nx,80\n".to_vec());
            with.odours = Some(kenyon_connectome::import::Odours::Table(odours, None));
            let got = imported(&[("c.csv", "source,target,contacts\n1,2,1\n")], &with);
            assert_eq!(
                (got.data.panel.clip_low, got.data.panel.clip_high),
                (-5.0, 80.0)
            );
            assert_eq!(got.data.panel.odours, ["sfr", "x"]);
        })
}
