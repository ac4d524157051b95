//! Null-model connectomes: what each family keeps, that it draws uniformly, what is refused.

mod bad_input;
mod chi_square;
mod invariants;
mod small;
mod stability;
mod support;
mod tables;
mod uniformity;

use kenyon_testing::Suite;

use support::families;

fn main() {
    let mut suite = Suite::new("null models");
    for family in families() {
        suite = suite.test(
            &format!("{} keeps what it claims", family.name()),
            move || invariants::claims_hold(family),
        );
    }
    suite
        .test(
            "given permutations equal a dense reference",
            invariants::given_permutations,
        )
        .test(
            "what implies what, and what families claim",
            invariants::claims,
        )
        .test(
            "degree-preserving graphs are drawn uniformly",
            uniformity::degrees,
        )
        .test(
            "directed graphs are reached through triangles",
            uniformity::directed,
        )
        .test("blocks are drawn uniformly", uniformity::blocks)
        .test(
            "a chain that skips refused steps is found out",
            uniformity::wrong_chain,
        )
        .test("permutations are uniform", uniformity::permutations)
        .test("counts are permuted uniformly", uniformity::counts)
        .test("edges are placed uniformly", uniformity::erdos_renyi)
        .test("contacts are dealt uniformly", uniformity::strengths)
        .test("signs are drawn uniformly", uniformity::signs)
        .test("one recipe is one connectome", stability::seeds)
        .test("recipes give the same bytes as ever", stability::golden)
        .test(
            "matrices do not depend on each other",
            stability::independent_matrices,
        )
        .test("recipes are written and read", stability::written)
        .test("names of matrices are read", stability::names)
        .test("chains that are too short are found out", stability::mixing)
        .test("shortcuts are counted", stability::shortcuts)
        .test("a hundred null models take seconds", stability::speed)
        .test("recipes that do not fit are refused", bad_input::recipes)
        .test(
            "permutations that are none are refused",
            bad_input::permutations,
        )
        .test("signs that do not fit are refused", bad_input::signs)
        .test_with_shared(
            "the publication's tables equal a dense reference",
            "reference/shuffles_dan14.json",
            tables::publication,
        )
        .test_with_shared(
            "every family keeps its promises on the real data",
            "data",
            tables::real_data,
        )
        .run();
}
