package leat

import (
	"log/slog"

	"github.com/leat-io/leat/service/dynamodb/tables"
	"github.com/leat-io/leat/service/kinesis/catalog"
	"github.com/leat-io/leat/storage"
	"github.com/leat-io/leat/storage/disklog"
)

// Fsck verifies a data folder with the code that a Server opens it with, and
// changes nothing. The error says why the folder could not be examined, such as
// disklog.ErrLocked while a server has it; what is wrong with it is in the
// report.
func Fsck(dir string, logger *slog.Logger) (*disklog.FsckReport, error) {
	machines := map[string]storage.Machine{catalog.MachineName: catalog.New(), tables.MachineName: tables.New()}
	return disklog.Fsck(dir, machines, disklog.Options{Logger: logger})
}
