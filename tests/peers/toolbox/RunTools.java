// Runs Apache Kafka's tools in one process, one after another: a line of standard input is {"tool": CLASS, "arguments": [...]}, a line of standard output
// is {"code": ..., "out": ..., "err": ...} of it.
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.util.ArrayList;
import java.util.Map;
import org.apache.kafka.common.utils.internals.Exit;

class RunTools {
  // Thrown where a tool would end the process.
  static class Ended extends Error {}

  static final ObjectMapper JSON = new ObjectMapper();
  static Integer ended;

  // Some tools catch even this, and say so: what a tool prints after its end is not its own.
  static synchronized void end(int code) {
    if (ended == null) {
      ended = code;
      System.setOut(new PrintStream(OutputStream.nullOutputStream()));
      System.setErr(new PrintStream(OutputStream.nullOutputStream()));
    }
    throw new Ended();
  }

  static int run(String tool, String[] arguments) throws Exception {
    var main = Class.forName(tool).getMethod("main", String[].class);
    ended = null;
    try {
      main.invoke(null, (Object) arguments);
    } catch (InvocationTargetException failed) {
      if (ended == null) {
        failed.getCause().printStackTrace();
        return 1;
      }
    }
    return ended == null ? 0 : ended;
  }

  public static void main(String[] none) throws Exception {
    Exit.setExitProcedure((code, message) -> end(code));
    Exit.setHaltProcedure((code, message) -> end(code));
    var answers = System.out;
    var in = new BufferedReader(new InputStreamReader(System.in));
    for (String line; (line = in.readLine()) != null;) {
      var asked = JSON.readTree(line);
      var arguments = new ArrayList<String>();
      asked.get("arguments").forEach(argument -> arguments.add(argument.asText()));
      var out = new ByteArrayOutputStream();
      var err = new ByteArrayOutputStream();
      System.setOut(new PrintStream(out, true));
      System.setErr(new PrintStream(err, true));
      System.setIn(new ByteArrayInputStream(asked.path("input").asText("").getBytes()));
      int code = run(asked.get("tool").asText(), arguments.toArray(String[]::new));
      answers.println(JSON.writeValueAsString(Map.of("code", code, "out", out.toString(), "err", err.toString())));
      answers.flush();
    }
  }
}
