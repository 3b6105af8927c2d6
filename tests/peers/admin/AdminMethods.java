// Calls every method of Kafka's AdminClient and prints what comes of each: name, outcome and text, with tabs between them. The text is for readers; two
// clusters that behave alike print the same outcomes. Usage: AdminMethods BOOTSTRAP
// The cluster is a fresh one of brokers 1 to 3, with StandardAuthorizer and super user User:ANONYMOUS.
import java.util.Locale;

class AdminMethods {
  public static void main(String[] arguments) throws Exception {
    Locale.setDefault(Locale.ROOT);
    var bootstrap = arguments[0];
    new Topics(bootstrap).run();
    new Configs(bootstrap).run();
    new Records(bootstrap).run();
    new Groups(bootstrap).run();
    new Partitions(bootstrap).run();
    new Security(bootstrap).run();
    new Transactions(bootstrap).run();
    new Brokers(bootstrap).run();
    System.exit(0);  // without waiting for the clients' threads
  }
}
