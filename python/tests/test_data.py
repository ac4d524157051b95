import kenyon
import numpy as np
import pytest


def test_neurons_and_contacts_have_the_shapes_that_the_docstrings_say(data):
    neurons, contacts = data.neurons, data.contacts
    count = sum(data.populations.values())
    assert {column.shape for column in neurons.values()} == {(count,)}
    assert neurons["id"].dtype == np.uint64 and neurons["population"].dtype.kind == "U"
    assert len(set(neurons["id"].tolist())) == count
    for name, size in data.populations.items():
        own = neurons["population"] == name
        assert own.sum() == size
        assert neurons["index"][own].tolist() == list(range(size))
    assert set(contacts) == {"source", "target", "aa", "ad", "da", "dd"}
    assert {column.dtype for column in contacts.values()} == {np.dtype(np.uint32)}
    assert contacts["target"].max() < count
    order = np.lexsort((contacts["target"], contacts["source"]))
    assert (order == np.arange(len(order))).all()
    total = sum(int(contacts[kind].sum()) for kind in ("aa", "ad", "da", "dd"))
    assert total == data.manifest["contacts"]
    assert len(contacts["source"]) == data.manifest["edges"]


def test_odours_and_responses(data):
    responses = data.responses()
    assert responses.shape == (len(data.odours), 21) and responses.dtype == np.float64
    assert 0 <= responses.min() and responses.max() <= 1
    assert data.rates.shape == (len(data.odours), len(data.receptors))
    assert data.responses("by_name").shape == responses.shape
    with pytest.raises(kenyon.ArgumentError, match='"by_luck"'):
        data.responses("by_luck")


def test_one_seed_is_one_individual(data):
    assert data.statistical and data.manifest["statistical"]
    assert kenyon.statistical_larva(3).hash == data.hash != kenyon.statistical_larva(4).hash
    twice = kenyon.statistical_larva(3, scale=2)
    assert twice.populations["KC"] == 2 * data.populations["KC"]
    with pytest.raises(kenyon.DataError, match="scale|size"):
        kenyon.statistical_larva(3, scale=0)


def test_data_that_are_not_there_say_where_they_were_looked_for(tmp_path):
    with pytest.raises(kenyon.DataError, match=str(tmp_path)):
        kenyon.load(tmp_path)
    with pytest.raises(ValueError):
        kenyon.load(str(tmp_path / "nowhere"))
    with pytest.raises(TypeError):
        kenyon.load(3)


def test_circuits_are_edited_and_hashed():
    circuit = kenyon.Circuit.larva()
    assert kenyon.Circuit.from_toml(circuit.to_toml()) == circuit
    assert hash(kenyon.Circuit.larva()) == hash(circuit)
    edited = circuit.edit(
        set={
            "time.steps": np.int64(40),
            "noise.membrane_V": np.float32(0.0),
            "population.ORN.time_constant_s.bounds": np.array([0.005, 0.06]),
        },
        remove=["gap_junction.ln_ln"],
    )
    assert edited != circuit and edited.hash != circuit.hash
    assert "steps = 40" in edited.to_toml()
    assert kenyon.Circuit.larva() == circuit


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        ({"set": {"nowhere.steps": 3}}, "nowhere.steps"),
        ({"set": {"time.steps": "many"}}, "steps|integer"),
        ({"remove": ["gap_junction.none"]}, "gap_junction.none"),
    ],
)
def test_edits_that_make_no_sense(edit, message):
    with pytest.raises(kenyon.CircuitError, match=message):
        kenyon.Circuit.larva().edit(**edit)


def test_circuits_that_cannot_be_read(tmp_path):
    with pytest.raises(kenyon.CircuitError, match="no_such.toml"):
        kenyon.Circuit.read(tmp_path / "no_such.toml")
    file = tmp_path / "bad.toml"
    file.write_text("schema = 1\nsteps == 3\n")
    with pytest.raises(kenyon.CircuitError, match="bad.toml.*line 2"):
        kenyon.Circuit.read(file)
    with pytest.raises(TypeError, match="circuit file cannot hold"):
        kenyon.Circuit.larva().edit(set={"time.steps": object()})


def test_a_network_has_arrays_for_edges_gaps_and_parameters(data):
    network = kenyon.Network(data)
    assert list(network.populations) == ["ORN", "LN", "PN", "APL", "KC"]
    assert network.dynamics["APL"] == "graded"
    assert (network.channels, network.classes, network.steps) == (21, 28, 30)
    neurons = network.neurons
    assert neurons["id"].shape == (sum(network.populations.values()),)
    described = {one["name"]: one for one in network.describe()["pathways"]}
    assert list(described) == network.pathways
    for name in network.pathways:
        edges = network.pathway(name)
        assert len(edges["source"]) == described[name]["edges"]
        assert int(edges["contacts"].sum()) == described[name]["contacts"]
        assert edges["source"].max(initial=0) < network.populations[edges["source_population"]]
        assert edges["target"].max(initial=0) < network.populations[edges["target_population"]]
    for pairs in network.gap_junctions.values():
        assert pairs.shape[1] == 2 and pairs.dtype == np.uint32
    start = network.start_parameters
    for row in network.parameter_table:
        assert start[row["name"]].shape == row["shape"]
        assert row["bounds"] is None or row["bounds"][0] < row["bounds"][1]
    assert set(network.groups) == {one["name"] for one in network.describe()["groups"]}
    assert all(members.dtype == bool for members in network.groups.values())
    with pytest.raises(kenyon.ArgumentError, match="orn_to_moon.*orn_to_pn"):
        network.pathway("orn_to_moon")


def test_edges_are_those_of_the_connectome(data):
    network = kenyon.Network(data)
    edges = network.pathway("orn_to_pn")
    neurons, contacts = data.neurons, data.contacts
    first = {name: np.flatnonzero(neurons["population"] == name)[0] for name in data.populations}
    counts = {
        (int(s), int(t)): int(ad)
        for s, t, ad in zip(contacts["source"], contacts["target"], contacts["ad"])
    }
    for source, target, count in zip(edges["source"], edges["target"], edges["contacts"]):
        assert counts[first["ORN"] + int(source), first["PN"] + int(target)] <= count


def test_a_circuit_that_does_not_fit_the_data(data):
    text = kenyon.Circuit.larva().to_toml().replace('name = "APL"', 'name = "XPL"')
    with pytest.raises(kenyon.CircuitError):
        kenyon.Network(data, kenyon.Circuit.from_toml(text))


def test_reprs_say_what_it_is(data):
    assert "statistical larva, seed 3" in repr(data)
    assert "larval olfactory pathway" in repr(kenyon.Circuit.larva())
    assert "pathways" in repr(kenyon.Network(data))
