use kenyon_circuit::Presentation;

use super::*;

const TEMPLATES: [[f64; 2]; 3] = [[0.1, 0.2], [0.5, 0.2], [0.1, 0.9]];

fn templates() -> Vec<Vec<f64>> {
    TEMPLATES.iter().map(|row| row.to_vec()).collect()
}

fn names() -> Vec<String> {
    ["blank", "Hexanol", "geraniol"].map(str::to_owned).to_vec()
}

fn with_panel<T>(use_it: impl FnOnce(&Panel<'_>) -> T) -> T {
    let (templates, names) = (templates(), names());
    use_it(&Panel {
        blank: Some(0),
        templates: &templates,
        names: &names,
        step_s: 1e-3,
    })
}

fn parsed(text: &str) -> Result<Course, String> {
    with_panel(|panel| Course::parse(text, panel)).map_err(|error| error.to_string())
}

fn tabled(text: &str) -> Result<Course, String> {
    with_panel(|panel| Course::from_table(text, panel)).map_err(|error| error.to_string())
}

/// Receptor input of every step of some trials, without odour noise.
fn inputs(course: &Course, trials: usize) -> Vec<Vec<[f32; 2]>> {
    let noise = BlockNoise::new("test", 1, 1);
    let stream = NoiseStream::new(1, "test/concentration");
    let stimuli = with_panel(|panel| course.stimuli(panel, trials, 0.0, &noise, stream)).unwrap();
    stimuli
        .iter()
        .map(|trial| {
            let steps = trial.course.frame_of_step().iter();
            steps
                .map(|&frame| [0, 1].map(|channel| trial.response(frame, channel)))
                .collect()
        })
        .collect()
}

const BLANK: [f32; 2] = [0.1, 0.2];

#[test]
fn a_file_becomes_segments_between_blanks() {
    let course = parsed(
        "duration_ms = 12\n\n[[segment]]\nonset_ms = 2\nduration_ms = 3\nodour = \"HEXANOL\"\n\n\
         [[segment]]\nname = \"rise\"\nonset_ms = 6\nduration_ms = 3\nodour = 2\nconcentration = 0\nramp_to = 2\n\n\
         [[window]]\nname = \"gap\"\nonset_ms = 5\nduration_ms = 1\n",
    )
    .unwrap();
    let names: Vec<&str> = course.windows().iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["Hexanol", "rise", "gap"]);
    let trial = &inputs(&course, 1)[0];
    assert_eq!(trial.len(), 12);
    for (step, input) in trial.iter().enumerate() {
        match step {
            2..=4 => assert_eq!(*input, [0.5, 0.2]),
            6..=8 => {
                // 0.2 + h(c) 0.7 with h(c) = 2c / (1 + c), c = 0, 1, 2.
                let effect = [0.0, 1.0, 4.0 / 3.0][step - 6];
                assert_eq!(input[0], 0.1);
                assert!((f64::from(input[1]) - (0.2 + 0.7 * effect)).abs() < 1e-6);
            }
            _ => assert_eq!(*input, BLANK),
        }
    }
}

#[test]
fn a_train_takes_odours_in_turn() {
    let course = parsed(
        "duration_ms = 20\n[[train]]\nonset_ms = 1\nduration_ms = 2\ngap_ms = 3\nodours = [1, \"geraniol\"]\nrepeats = 2\n",
    )
    .unwrap();
    let places: Vec<(&str, Range<usize>)> = course
        .segments()
        .iter()
        .map(|it| (it.name.as_str(), it.steps.clone()))
        .collect();
    assert_eq!(
        places,
        [
            ("Hexanol", 1..3),
            ("geraniol", 6..8),
            ("Hexanol", 11..13),
            ("geraniol", 16..18)
        ]
    );
    // Pulses of the same odour show the same responses.
    let trial = &inputs(&course, 1)[0];
    assert_eq!(
        (trial[1], trial[11], trial[13]),
        ([0.5, 0.2], [0.5, 0.2], BLANK)
    );
}

#[test]
fn trials_share_a_course_unless_it_is_drawn() {
    let text = |frozen: &str| {
        format!(
            "duration_ms = 9\n[[segment]]\nonset_ms = 0\nduration_ms = 9\nodour = 1\n\
             fluctuation = {{ process = \"white\", standard_deviation = 0.5{frozen} }}\n"
        )
    };
    let drawn = inputs(&parsed(&text("")).unwrap(), 3);
    assert_ne!(drawn[0], drawn[1]);
    assert_ne!(drawn[0][0], drawn[0][1]);
    let frozen = inputs(&parsed(&text(", frozen = true")).unwrap(), 3);
    assert_eq!(frozen[0], frozen[2]);
    assert_eq!(frozen[0], drawn[0], "frozen noise is that of trial 0");
}

#[test]
fn odour_noise_is_one_draw_per_trial() {
    let course =
        parsed("duration_ms = 3\n[[segment]]\nonset_ms = 1\nduration_ms = 1\nodour = 1\n").unwrap();
    let noise = BlockNoise::new("test", 1, 1);
    with_panel(|panel| {
        let stimuli = course.stimuli(panel, 4, 0.3, &noise, noise.odour).unwrap();
        for stimulus in &stimuli {
            let constant = noise.odour.odour(&TEMPLATES[1], 0.3, stimulus.trial);
            let shown = [0, 1]
                .map(|channel| stimulus.response(stimulus.course.frame_of_step()[1], channel));
            assert_eq!(
                shown[..],
                constant[..],
                "the same bits as a constant stimulus"
            );
        }
        assert!(Arc::ptr_eq(&stimuli[0].course, &stimuli[3].course));
    });
}

#[test]
fn tables_of_odours_and_of_responses() {
    let course = tabled(
        "time_ms,odour,concentration\n0,,\n1,hexanol,1\n2,hexanol,1\n3,geraniol,0.5\n4,geraniol,1\n5,,\n",
    )
    .unwrap();
    let places: Vec<Range<usize>> = course
        .segments()
        .iter()
        .map(|it| it.steps.clone())
        .collect();
    assert_eq!(places, [1..3, 3..5]);
    let trial = &inputs(&course, 1)[0];
    assert_eq!(
        (trial[0], trial[2], trial[4]),
        (BLANK, [0.5, 0.2], [0.1, 0.9])
    );
    let course = tabled("a,b\n0.1,0.2\n0.3,0.4\n").unwrap();
    assert_eq!(course.windows()[0].name, "table");
    assert_eq!(inputs(&course, 1)[0], [BLANK, [0.3, 0.4]]);
    let course = tabled("segment,a,b\n,0.1,0.2\nx,0.3,0.4\nx,0.3,0.5\ny,0,0\n").unwrap();
    assert_eq!(course.segments().len(), 2);
    assert_eq!(inputs(&course, 1)[0][2..], [[0.3, 0.5], [0.0, 0.0]]);
}

#[test]
fn faults_of_files_have_lines() {
    let segment = "duration_ms = 10\n[[segment]]\nonset_ms = 2\nduration_ms = 3\n";
    for (text, words) in [
        (String::new(), &["duration_ms"][..]),
        ("duration_ms = 0\n".to_owned(), &["line 1", "takes time"]),
        ("duration_ms = -5\n".to_owned(), &["line 1", "-5 ms"]),
        ("duration_ms = nan\n".to_owned(), &["line 1", "NaN"]),
        ("duration_ms = 1e9\n".to_owned(), &["line 1", "between 0 and 100000 ms"]),
        ("duration_ms = 10.5\n".to_owned(), &["line 1", "no whole number of steps"]),
        ("duration_ms = 10\nspeed = 1\n".to_owned(), &["line 2", "speed"]),
        (segment.to_owned(), &["line 2", "either an `odour` or a `mixture`"]),
        (format!("{segment}odour = \"vinegar\"\n"), &["line 2", "\"vinegar\"", "1 Hexanol"]),
        (format!("{segment}odour = 3\n"), &["line 2", "no odour 3", "0 to 2"]),
        (format!("{segment}mixture = [1]\n"), &["line 2", "two or more"]),
        (format!("{segment}mixture = [1, \"hexanol\"]\n"), &["line 2", "twice"]),
        (format!("{segment}mixture = [0, 1]\n"), &["line 2", "blank"]),
        (format!("{segment}odour = 1\nconcentration = -1\n"), &["line 2", "concentration is -1"]),
        (format!("{segment}odour = 1\nconcentration = nan\n"), &["line 2", "concentration is NaN"]),
        (format!("{segment}odour = 1\nramp = \"linear\"\n"), &["line 2", "ramp_to"]),
        (format!("{segment}odour = 1\nconcentration = 0\nramp_to = 1\nramp = \"exponential\"\n"), &["line 2", "at concentration 0"]),
        (format!("{segment}odour = 1\nfluctuation = {{ process = \"ornstein_uhlenbeck\", standard_deviation = 1 }}\n"), &["line 2", "time_constant_ms"]),
        (format!("{segment}odour = 1\nfluctuation = {{ process = \"white\", standard_deviation = -1 }}\n"), &["line 2", "standard deviation"]),
        (format!("{segment}odour = 1\n[[segment]]\nonset_ms = 4\nduration_ms = 1\nodour = 2\n"), &["line 6", "before \"Hexanol\" ends", "overlap"]),
        ("duration_ms = 4\n[[segment]]\nonset_ms = 2\nduration_ms = 3\nodour = 1\n".to_owned(), &["line 2", "after the trial"]),
        ("duration_ms = 4\n[[segment]]\nonset_ms = 2\nduration_ms = 0\nodour = 1\n".to_owned(), &["line 2", "no step"]),
        ("duration_ms = 4\n[[segment]]\nonset_ms = -1\nduration_ms = 1\nodour = 1\n".to_owned(), &["line 2", "onset_ms is -1"]),
        ("duration_ms = 4\n[[train]]\nonset_ms = 0\nduration_ms = 1\ngap_ms = 1\nodours = []\n".to_owned(), &["line 2", "at least one"]),
        ("duration_ms = 4\n[[train]]\nonset_ms = 0\nduration_ms = 1\ngap_ms = 1\nodours = [1]\nrepeats = 3\n".to_owned(), &["line 2", "after the trial"]),
        ("duration_ms = 4\n\n[[window]]\nname = \"w\"\nonset_ms = 0\nduration_ms = 5\n".to_owned(), &["line 3", "after the trial"]),
    ] {
        let message = parsed(&text).unwrap_err();
        for word in words {
            assert!(message.contains(word), "{text}: {message}");
        }
    }
}

#[test]
fn faults_of_tables_have_rows() {
    for (text, words) in [
        ("", &["no row"][..]),
        ("odour\n", &["no row"]),
        ("odour,odour\n1,1\n", &["row 1", "two columns"]),
        ("odour,taste\n1,1\n", &["row 1", "\"taste\""]),
        ("odour\nhexanol\nvinegar\n", &["row 3", "\"vinegar\""]),
        ("odour,concentration\nhexanol,nan\n", &["row 2", "\"nan\""]),
        ("odour,concentration\nhexanol,-1\n", &["row 2", "\"-1\""]),
        ("odour,concentration\nhexanol,1e9\n", &["1000000000"]),
        ("odour,concentration\nhexanol\n", &["row 2", "1 cells"]),
        ("time_ms,odour\n0,1\n2,1\n", &["row 3", "begins at 1 ms"]),
        ("a\n1\n", &["row 1", "1 columns", "2 channels"]),
        ("a,b,c\n1,1,1\n", &["row 1", "3 columns", "2 channels"]),
        ("a,b\n1,inf\n", &["row 2", "\"b\"", "\"inf\""]),
        ("a,b\n1,x\n", &["row 2", "\"x\""]),
        ("segment,a,b\n,1,1\n", &["row 2", "spontaneous"]),
    ] {
        let message = tabled(text).unwrap_err();
        for word in words {
            assert!(message.contains(word), "{text}: {message}");
        }
    }
}

#[test]
fn courses_that_take_too_much_memory_are_refused() {
    let course = parsed(
        "duration_ms = 100000\n[[segment]]\nonset_ms = 0\nduration_ms = 9\nodour = 1\n\
         fluctuation = { process = \"white\", standard_deviation = 0.5 }\n",
    )
    .unwrap();
    let noise = BlockNoise::new("test", 1, 1);
    let error = with_panel(|panel| course.stimuli(panel, 1_000_000, 0.3, &noise, noise.odour));
    assert!(error.unwrap_err().to_string().contains("GB of memory"));
}

const TASK: &str = "duration_ms = 12 # of a trial\n\n[[stimulus]]\nclass = \"b\"\nsegment = [{ onset_ms = 2, duration_ms = 3, odour = \"HEXANOL\" }, \
                    { onset_ms = 5, duration_ms = 1, odour = 2 }]\n\n[[stimulus]]\nclass = \"a\"\n\n[[stimulus]]\nclass = \"b\"\n[[stimulus.train]]\n\
                    onset_ms = 0\nduration_ms = 2\ngap_ms = 1\nodours = [2]\n[[stimulus.segment]]\nonset_ms = 4\nduration_ms = 4\nodour = 1\n\
                    fluctuation = { process = \"white\", standard_deviation = 0.5 }\n";

fn task(text: &str) -> LabelledCourses {
    with_panel(|panel| LabelledCourses::parse(text, panel)).unwrap()
}

#[test]
fn a_task_has_courses_of_classes() {
    let task = task(TASK);
    assert_eq!((&task.labels[..], task.steps()), (&[0, 1, 0][..], 12));
    assert_eq!(task.classes, ["b", "a"]);
    assert_eq!(
        task.names,
        [
            "Hexanol, then geraniol",
            "nothing",
            "geraniol, then Hexanol"
        ]
    );
    let alone = parsed(
        "duration_ms = 12\n[[segment]]\nonset_ms = 2\nduration_ms = 3\nodour = 1\n\
         [[segment]]\nonset_ms = 5\nduration_ms = 1\nodour = 2\n",
    );
    assert_eq!(task.courses[0], alone.unwrap());
}

#[test]
fn the_canonical_text_says_the_same_and_nothing_else() {
    let canonical = LabelledCourses::canonical(TASK).unwrap();
    assert!(!canonical.contains('#'));
    assert_eq!(task(&canonical), task(TASK));
    let again = LabelledCourses::canonical(&canonical).unwrap();
    assert_eq!(again, canonical);
    let spaced = TASK.replace("12 # of a trial", "12.0").replace(" = ", "=");
    assert_eq!(LabelledCourses::canonical(&spaced).unwrap(), canonical);
}

#[test]
fn trials_of_a_task_are_those_of_its_courses() {
    let task = task(TASK);
    let noise = BlockNoise::new("test", 1, 1);
    with_panel(|panel| {
        let drawn = Drawn::new(&task.courses, *panel, 0.3).unwrap();
        for (index, course) in task.courses.iter().enumerate() {
            let trials = course.stimuli(panel, 3, 0.3, &noise, noise.odour).unwrap();
            for (trial, expected) in trials.iter().enumerate() {
                assert_eq!(drawn.trial(index, noise.odour, trial as u32), *expected);
            }
        }
    });
}

/// What is frozen is learned, so it must not change between training and evaluation.
#[test]
fn frozen_fluctuations_belong_to_the_stimulus() {
    let frozen = TASK.replace(
        "standard_deviation = 0.5",
        "standard_deviation = 0.5, frozen = true",
    );
    let task = task(&frozen);
    let twice = [task.courses[2].clone(), task.courses[2].clone()];
    with_panel(|panel| {
        let drawn = Drawn::new(&twice, *panel, 0.3).unwrap();
        let shown = |course, seed, trial| {
            let stream = NoiseStream::new(seed, "training");
            drawn.trial(course, stream, trial).course
        };
        assert_eq!(shown(0, 1, 0), shown(0, 2, 7));
        assert_ne!(shown(0, 1, 0), shown(1, 1, 0));
    });
    with_panel(|panel| {
        let unequal = [
            parsed("duration_ms = 3").unwrap(),
            parsed("duration_ms = 4").unwrap(),
        ];
        let refused = Drawn::new(&unequal, *panel, 0.3).map(|_| ()).unwrap_err();
        assert!(refused.to_string().contains("4 steps"));
    });
}
