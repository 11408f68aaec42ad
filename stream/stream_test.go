package stream

import "testing"

func TestVectors(t *testing.T) {
	for in, want := range map[string]string{
		"a":            "16955237001963240173058271559858726497",
		"partitionKey": "193318062818912349798954611745638949166",
		"0":            "276215275525073243129443018166533317850",
		"é":            "136732923097551493579404309126273812335",
	} {
		if got := HashPartitionKey([]byte(in)).String(); got != want {
			t.Errorf("hash of %q: %s, want %s", in, got, want)
		}
	}
	const create = 1700000000
	for want, p := range map[string]SequenceParts{
		"49646437577108476416916876405825929425585429676275269634": {CreateSeconds: create, Seconds: create},
		"49646437577130777162115407028967465143858078037781250066": {CreateSeconds: create, Seconds: create, Shard: 1},
		"49646437577108476416916876405827138351405044649047359490": {CreateSeconds: create, Seconds: create + 5, Index: 1},
		"49646437577119626789516141717395488358902386617969803266": {CreateSeconds: create, Seconds: create + 3600, Index: EndIndex},
		"49543463076548007577105092703039560359975228518395019266": {CreateSeconds: 1411403981, Seconds: 1411431220, Index: 5501},
		"49590338271490256608559692538361571095921575989136588898": {CreateSeconds: 1542776258, Seconds: 1545084650, Index: 1734642199, Shard: 6},
	} {
		if got := p.Number().String(); got != want {
			t.Errorf("%+v: %s, want %s", p, got, want)
		}
		n, err := ParseSequenceNumber(want)
		if err != nil || n.Parts() != p {
			t.Errorf("parse %s: %+v, %v, want %+v", want, n.Parts(), err, p)
		}
	}
}

func TestEvenly(t *testing.T) {
	for n, want := range map[int][2]string{
		1: {"340282366920938463463374607431768211455", "0"},
		2: {"170141183460469231731687303715884105727", "170141183460469231731687303715884105728"},
		3: {"113427455640312821154458202477256070484", "226854911280625642308916404954512140970"},
		5: {"68056473384187692692674921486353642290", "272225893536750770770699685945414569164"},
	} {
		r := Evenly(n)
		if r[0].End.String() != want[0] || r[n-1].Start.String() != want[1] || r[n-1].End != MaxHashKey {
			t.Errorf("%d: %v", n, r)
		}
	}
}

func TestShardID(t *testing.T) {
	for text, want := range map[string]ShardID{
		"shardId-000000000003": 3, "0": 0, "shard-0": 0, "foo-000000000000": 0, "2147483647": 2147483647,
	} {
		if got, ok := ParseShardID(text); !ok || got != want {
			t.Errorf("%q: %v %v", text, got, ok)
		}
	}
	for _, text := range []string{"", "shardId-", "shardId-x", "shardId-2147483648", "a-1-2", "shardId-+1"} {
		if got, ok := ParseShardID(text); ok {
			t.Errorf("%q: %v", text, got)
		}
	}
	if got := ShardID(-2147483648).String(); got != "shardId--02147483648" {
		t.Error(got)
	}
}
