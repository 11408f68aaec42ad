import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Usage is what the JVM and its children have used, and how it is told. */
final class Usage {
    /** cpuMillis returns the CPU time of the JVM and its child processes so far. */
    static long cpuMillis() throws IOException {
        long ticks = ticks(ProcessHandle.current());
        for (ProcessHandle child : ProcessHandle.current().children().toList()) {
            ticks += ticks(child);
        }
        return ticks * 10; // USER_HZ is 100
    }

    private static long ticks(ProcessHandle process) throws IOException {
        String stat = Files.readString(Path.of("/proc/" + process.pid() + "/stat"));
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        return Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
    }

    /** print says that so many records took so much. */
    static void print(String what, long records, long failed, long cpuMillis, long wallMillis) {
        System.out.printf("RESULT %s %d %d %d %d%n", what, records, failed, cpuMillis, wallMillis);
    }
}
