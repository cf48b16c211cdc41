package dev.instar.cli.install;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.instar.cli.CommandException;
import dev.instar.cli.ExitStatus;
import dev.instar.cli.RecordingGateway;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs the machine's pip and npm, on packages that lie beside the function. */
class DependencyInstallerTest {
    @TempDir
    Path folder;

    private final DependencyInstaller installer = new DependencyInstaller(PackageTools.ofMachine());

    @Test
    void aFolderWithoutPackagesNeedsNothing() throws IOException {
        write("handler.py", "");
        assertThat(installer.isNeeded(folder)).isFalse();
        write("requirements.txt", "# none yet\n\n");
        assertThat(installer.isNeeded(folder)).isFalse();
    }

    @Test
    void pythonPackagesAreInstalledBesideTheHandler() throws IOException {
        wheel("greeting-1.0-py3-none-any.whl");
        write("requirements.txt", "--no-index\n./greeting-1.0-py3-none-any.whl\n");
        assertThat(installer.isNeeded(folder)).isTrue();
        installer.install(folder);
        assertThat(folder.resolve("python-packages/greeting.py")).hasContent("WORD = 'hello'");
    }

    @Test
    void aPythonPackageThatCannotBeHadIsNamed() throws IOException {
        write("requirements.txt", "--no-index\nno-such-package-of-ours==1.2\n");
        CommandException failure = failure();
        assertThat(failure.exitStatus()).isEqualTo(ExitStatus.FAILED);
        assertThat(failure)
                .hasMessageStartingWith(
                        "could not install the Python package no-such-package-of-ours==1.2 of requirements.txt");
    }

    @Test
    void nodePackagesAreInstalledBesideTheHandler() throws IOException {
        write("greeting/package.json", "{\"name\":\"greeting\",\"version\":\"1.0.0\",\"main\":\"index.js\"}");
        write("greeting/index.js", "module.exports = 'hello';");
        write(
                "package.json",
                "{\"name\":\"f\",\"version\":\"1.0.0\",\"dependencies\":{\"greeting\":\"file:./greeting\"}}");
        installer.install(folder);
        assertThat(folder.resolve("node_modules/greeting/index.js")).exists();
    }

    @Test
    void aNodePackageThatCannotBeHadIsNamed() throws IOException {
        try (RecordingGateway registry = new RecordingGateway()) {
            write(".npmrc", "registry=" + registry.url() + "/\nfetch-retries=0\n");
            write(
                    "package.json",
                    "{\"name\":\"f\",\"version\":\"1.0.0\",\"dependencies\":{\"no-such-package\":\"^2.0.0\"}}");
            assertThat(failure()).hasMessageStartingWith("could not install the Node.js package no-such-package");
        }
    }

    @Test
    void aToolThatIsNotThereIsSaidSoWithTheWayToGetIt() throws IOException {
        DependencyInstaller without = new DependencyInstaller(new PackageTools(folder.resolve("bin")));
        write("requirements.txt", "x\n");
        assertThat(catchThrowableOfType(CommandException.class, () -> without.install(folder)))
                .hasMessageContaining("apt-get install python3-pip");
        Files.delete(folder.resolve("requirements.txt"));
        write("package.json", "{}");
        assertThat(catchThrowableOfType(CommandException.class, () -> without.install(folder)))
                .hasMessageContaining("apt-get install npm");
    }

    private CommandException failure() {
        CommandException failure = catchThrowableOfType(CommandException.class, () -> installer.install(folder));
        assertThat(failure).isNotNull();
        return failure;
    }

    private void write(String path, String text) throws IOException {
        Path file = folder.resolve(path);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    private void wheel(String name) throws IOException {
        try (OutputStream out = Files.newOutputStream(folder.resolve(name));
                ZipOutputStream zip = new ZipOutputStream(out)) {
            entry(zip, "greeting.py", "WORD = 'hello'");
            entry(zip, "greeting-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: greeting\nVersion: 1.0\n");
            entry(
                    zip,
                    "greeting-1.0.dist-info/WHEEL",
                    "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n");
            entry(zip, "greeting-1.0.dist-info/RECORD", "greeting.py,,\ngreeting-1.0.dist-info/RECORD,,\n");
        }
    }

    private static void entry(ZipOutputStream zip, String name, String text) throws IOException {
        zip.putNextEntry(new ZipEntry(name));
        zip.write(text.getBytes(StandardCharsets.UTF_8));
        zip.closeEntry();
    }
}
