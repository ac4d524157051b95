import os
import signal
import subprocess
import sys
import textwrap
import threading
import time

import kenyon
import pytest

SHORT = {"epochs": 2, "teacher_epochs": 2}


def test_one_digest_for_all_numbers_of_threads_and_with_a_folder(data, model):
    for threads in (1, 2):
        assert kenyon.train(data, **SHORT, threads=threads).digest == model.digest
    assert kenyon.train(data, **SHORT, seed=43).digest != model.digest


def test_history_and_settings(model):
    history = model.history
    assert history["epoch"].tolist() == [1, 2]
    assert history["loss"].shape == history["accuracy"].shape == (2,)
    assert model.settings["seed"] == 42 and model.epochs == 2
    assert 0 <= model.teacher_accuracy <= 1
    assert "seed 42, 2 epochs" in repr(model)


def test_objectives_by_label_and_as_dictionary(data, model):
    label = kenyon.train(data, **SHORT, loss="ce_only")
    table = {"sparsity": None, "energy": None, "ramp_epochs": 60}
    assert label.digest == kenyon.train(data, **SHORT, loss=table).digest
    with pytest.raises(kenyon.ArgumentError, match="canonical, ce_only"):
        kenyon.train(data, **SHORT, loss="ce")
    with pytest.raises(kenyon.TrainingError, match="wieght"):
        kenyon.train(data, **SHORT, loss={"wieght": 3})


def test_progress_is_told(data):
    told = []
    kenyon.train(data, **SHORT, progress=told.append)
    phases = [(news["phase"], news["epoch"], news["epochs"]) for news in told]
    assert phases == [("teacher", 1, 2), ("teacher", 2, 2), ("student", 1, 2), ("student", 2, 2)]
    assert all(news["loss"] > 0 and 0 <= news["accuracy"] <= 1 for news in told)


def test_a_stopped_training_gives_the_model_so_far_and_is_resumed(data, model, tmp_path):
    def after_one(news):
        return not (news["phase"] == "student" and news["epoch"] == 1)

    stopped = kenyon.train(data, **SHORT, out=tmp_path / "run", progress=after_one)
    assert stopped.epochs == 1 and stopped.digest != model.digest
    assert stopped.run_id != model.run_id
    with pytest.raises(kenyon.TrainingError, match="resume"):
        kenyon.train(data, **SHORT, out=tmp_path / "run")
    told = []
    resumed = kenyon.train(data, **SHORT, out=tmp_path / "run", resume=True, progress=told.append)
    assert resumed.digest == model.digest and resumed.run_id == model.run_id
    assert [news["epoch"] for news in told] == [2]
    with pytest.raises(kenyon.TrainingError, match="seed"):
        kenyon.train(data, **SHORT, seed=1, out=tmp_path / "run", resume=True)


def test_what_the_callback_raises_comes_back(data, tmp_path):
    class Trouble(Exception):
        pass

    def trouble(news):
        raise Trouble(news["phase"])

    with pytest.raises(Trouble, match="teacher"):
        kenyon.train(data, **SHORT, progress=trouble)
    with pytest.raises(kenyon.Stopped, match="no model"):
        kenyon.train(data, **SHORT, progress=lambda news: False)
    with pytest.raises(TypeError):
        kenyon.train(data, **SHORT, progress=3)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"mapping": "by_luck"}, "by_luck"),
        ({"resume": True}, "resume needs out"),
        ({"checkpoint_every": 0}, "at least 1"),
        ({"threads": 0}, "at least 1"),
        ({"epochs": 2**40}, "noise addresses"),
    ],
)
def test_settings_that_make_no_sense(data, arguments, message):
    with pytest.raises(kenyon.KenyonError, match=message):
        kenyon.train(data, **{**SHORT, **arguments})


def test_other_threads_of_python_go_on(data):
    begun, ended = threading.Event(), threading.Event()
    turns = 0

    def count():
        nonlocal turns
        begun.wait()
        while not ended.is_set():
            turns += 1
            time.sleep(0.001)

    thread = threading.Thread(target=count)
    thread.start()
    begun.set()
    start = time.monotonic()
    kenyon.train(data, epochs=3, teacher_epochs=3)
    seconds = time.monotonic() - start
    ended.set()
    thread.join()
    # With the lock held it would be a handful: one per callback.
    assert turns > 20 * seconds, f"{turns} turns in {seconds:.2f} s"


def test_two_trainings_at_once(data, model):
    digests = []
    threads = [
        threading.Thread(target=lambda: digests.append(kenyon.train(data, **SHORT).digest)) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert digests == [model.digest] * 2


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_ctrl_c_ends_a_training_that_can_be_resumed(tmp_path):
    script = textwrap.dedent(
        """
        import sys, kenyon
        data = kenyon.statistical_larva(3)
        print("begin", flush=True)
        try:
            kenyon.train(data, epochs=100000, teacher_epochs=1, out=sys.argv[1])
        except KeyboardInterrupt:
            print("interrupted", flush=True)
        """
    )
    command = [sys.executable, "-c", script, str(tmp_path / "run")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout.readline() == "begin\n"
        deadline = time.monotonic() + 60
        while not (tmp_path / "run" / "teacher.safetensors").exists():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=60)[0] == "interrupted\n"
    finally:
        process.kill()
    assert (tmp_path / "run" / "checkpoint.safetensors").exists()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_forked_process_can_simulate(model):
    model.simulate(odour=5, threads=2)
    child = os.fork()
    if child == 0:
        os._exit(0 if model.simulate(odour=5, threads=2)["logits"].shape == (20, 28) else 1)
    assert os.waitpid(child, 0)[1] == 0


def test_tasks_of_ones_own(data, tmp_path):
    odours = {"sweet": [0.9] * 10 + [0.1] * 11, "sour": [0.1] * 10 + [0.9] * 11, "both": [0.9] * 21}
    labels = {"sweet": "good", "sour": "bad", "both": "bad"}
    network = kenyon.Network(data, panel=odours, labels=labels)
    assert network.odours == list(odours) and network.class_names == ["good", "bad"]
    assert network.labels.tolist() == [0, 1, 1] and network.responses.shape == (3, 21)
    model = kenyon.train(data, **SHORT, panel=odours, labels=labels, out=tmp_path / "run")
    outcome = model.simulate(odour="both", trials=5)
    assert outcome["logits"].shape == (5, 2)
    assert outcome["correct"] == (outcome["decisions"] == 1).mean()
    assert model.evaluate(repeats=2)["labels"] == [0, 1, 1]
    assert kenyon.Model.load(tmp_path / "run", data).network.class_names == ["good", "bad"]
    with pytest.raises(kenyon.KenyonError, match="label"):
        kenyon.Network(data, labels={"sweet": "good"})
    with pytest.raises(kenyon.KenyonError, match="channels"):
        kenyon.Network(data, panel={"short": [1.0, 2.0]})


def test_circuits_without_a_teacher(data):
    model = kenyon.train(data, kenyon.Circuit.larva().edit(remove=["teacher"]), **SHORT)
    assert model.teacher_accuracy is None and model.epochs == 2
