#!/usr/bin/env bash
# Something sound for every reader to begin with: files of the guide and of the tests, and tables in the layouts
# that can be imported, each after the byte with which its target chooses the reader.
set -euo pipefail
cd "$(dirname "$0")"

# seed TARGET NAME BYTE: the standard input, after the byte (octal).
seed() {
  mkdir -p "corpus/$1"
  { printf "\\$3"; cat; } >"corpus/$1/seed-$2"
}

five=../circuits/teaching
seed neutral neurons 000 <$five/neurons.csv
seed neutral contacts 001 <$five/contacts.csv
seed neutral odours 002 <$five/odours.csv
{ cat $five/neurons.csv; printf '\0'; cat $five/contacts.csv; printf '\0'; cat $five/odours.csv; } | seed neutral all 003
seed neutral descriptor 004 <$five/connectome.toml
gzip --no-name --stdout $five/neurons.csv | seed neutral packed 000

flywire='pre_root_id,post_root_id,neuropil,syn_count,nt_type\n1,2,MB_CA_L,5,ACH\n2,3,MB_ML_L,7,GABA\n1,2,MB_CA_L,2,GLUT\n'
classes='root_id,flow,super_class,class,side\n1,intrinsic,central,KC,left\n2,intrinsic,central,MBON,right\n3,afferent,sensory,ORN,left\n'
neuprint='bodyId_pre,bodyId_post,roi,weight\n1,2,CA(L),5\n2,3,gL(L),7\n'
bodies='bodyId,type,instance,status\n1,KCg,KCg_L,Traced\n2,MBON01,MBON01_L,Traced\n3,,,Orphan\n'
matrix=',1,2,3\n1,0,5,1\n2,0,0,7\n3,2,0,0\n'
skids='skid,celltype,side\n1,KC,l\n2,MBON,r\n3,ORN,l\n'
edges='source,target,compartment,contacts\n1,2,ad,5\n2,3,aa,7\n'
ids='id,type,side\n1,A,l\n2,B,r\n3,C,l\n'
printf "$flywire\0$classes" | seed tables flywire 001
printf "$flywire\0$classes" | seed tables flywire-types 013
printf "$neuprint\0$bodies" | seed tables neuprint 002
printf "$matrix\0$matrix\0$matrix\0$matrix\0$matrix\0$skids" | seed tables matrix 003
printf "$edges\0$ids" | seed tables edges 004
printf "$edges\0$ids" | seed tables edges-expression 011
printf "$edges\0$ids" | seed tables edges-column 016
printf "$flywire\0$classes" | seed tables detected 000
printf "$edges" | gzip --no-name --stdout | seed tables packed 004

mkdir -p corpus/expression
printf 'A = class == "KC" and not (side in ["left", "l"]) or 3 < weight and name starts_with "x"' >corpus/expression/seed-all
cp ../circuits/mushroom_body.populations.toml corpus/expression/seed-file

mkdir -p corpus/pytorch
cp ../crates/pytorch/tests/files/*.pt corpus/pytorch/

seed circuit five-neurons 000 <$five/circuit.toml
seed circuit larva 000 <../circuits/larva.toml
seed circuit mushroom-body 000 <../circuits/mushroom_body.toml
for study in $five/study.toml ../circuits/mushroom_body.study.toml ../crates/study/studies/*.toml; do
  seed circuit "study-$(basename "$study")" 001 <"$study"
done

seed task panel 000 <$five/odours.csv
seed task labels 001 <../circuits/mushroom_body.valence.csv
printf 'duration_ms = 90\n[[segment]]\nonset_ms = 5\nduration_ms = 20\nodour = "a"\nconcentration = 0.2\nramp_to = 2.0\nramp = "exponential"\nfluctuation = { process = "ornstein_uhlenbeck", standard_deviation = 0.4, time_constant_ms = 15, frozen = true }\n[[train]]\nonset_ms = 40\nduration_ms = 15\ngap_ms = 5\nodours = ["a", "b"]\nrepeats = 1\n[[window]]\nname = "after"\nonset_ms = 80\nduration_ms = 10\n' | seed task course 002
printf 'duration_ms = 60\n[[stimulus]]\nclass = "short"\nsegment = [{ onset_ms = 5, duration_ms = 10, odour = "a" }]\n[[stimulus]]\nclass = "long"\ntrain = [{ onset_ms = 5, duration_ms = 4, gap_ms = 1, odours = ["a", "b"], repeats = 5 }]\n' | seed task labelled-courses 006
printf 'odour,concentration\na,1\na,1\n,0\nb,2\n' | seed task course-table 003
printf 'time_ms,x,y,segment\n0,0.1,0.5,one\n1,0.1,0.5,one\n2,1,0,two\n' | seed task course-responses 003

# Tables of parameters are written by the program, if it is built.
kenyon=../target/release/kenyon
if [[ -x $kenyon ]]; then
  scratch=$(mktemp -d)
  trap 'rm -rf "$scratch"' EXIT
  for format in csv toml; do
    $kenyon parameters export --untrained --circuit $five/circuit.toml --data $five --out "$scratch/p.$format" --quiet
  done
  seed task parameters-csv 004 <"$scratch/p.csv"
  seed task parameters-toml 005 <"$scratch/p.toml"
fi
