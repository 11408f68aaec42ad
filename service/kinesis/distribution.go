package kinesis

import (
	"github.com/leat-io/leat/service/kinesis/catalog"
)

// spread chooses the shards of the records of one put to a stream with the
// distribution strategy AUTO: the open shards in turn, going on where the put
// before ended.
type spread struct {
	open []*catalog.Shard
	next uint64
}

// spreadOver returns where so many records go.
func (s *Service) spreadOver(x *catalog.Stream, records int) spread {
	return spread{x.Open(), s.spreadRecords.Add(uint64(records)) - uint64(records)}
}

// shard returns where the i-th record goes.
func (sp *spread) shard(i int) *catalog.Shard {
	return sp.open[(sp.next+uint64(i))%uint64(len(sp.open))]
}

// meter counts the records that go to on-demand streams, also those that will
// be refused: they are what there has to be room for.
func (p *put) meter() {
	for i, sh := range p.shards {
		if m := sh.Meter(); m != nil {
			r := &p.batch.Records[i]
			m.Count(len(r.PartitionKey)+len(r.Data), p.hashes[i].Lo<<1^p.hashes[i].Hi)
		}
	}
}
