package io.mtls.ca.cli;

import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code mtls-ca generate-completion}. */
@Command(
        name = "generate-completion",
        description = {
            "Print a script that completes commands and options in bash and zsh.",
            "In .bashrc: source <(java -jar mtls-ca-cli.jar generate-completion). It is for a command or an alias named"
                    + " mtls-ca."
        })
final class Completion implements Callable<Integer> {
    private final MtlsCa app;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    Completion(MtlsCa app) {
        this.app = app;
    }

    @Override
    public Integer call() {
        CommandSpec root = spec.root();
        app.surroundings().out().print(AutoComplete.bash(root.name(), root.commandLine()));
        app.surroundings().out().flush();
        return 0;
    }
}
