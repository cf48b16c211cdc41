package dev.instar.cli;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Holds the code to the picture in ARCHITECTURE.md. */
class ArchitectureTest {
    private static JavaClasses code;

    @BeforeAll
    static void read() {
        code = new ClassFileImporter()
                .withImportOption(new ImportOption.DoNotIncludeTests())
                .importPackages("dev.instar");
    }

    @Test
    void modulesUseOnlyWhatIsBelowThem() {
        layeredArchitecture()
                .consideringOnlyDependenciesInLayers()
                .layer("linux")
                .definedBy("dev.instar.linux..")
                .layer("sandbox")
                .definedBy("dev.instar.sandbox..")
                .layer("template")
                .definedBy("dev.instar.template..")
                .layer("runtime")
                .definedBy("dev.instar.runtime..")
                .layer("engine")
                .definedBy("dev.instar.engine..")
                .layer("gateway")
                .definedBy("dev.instar.gateway..")
                .layer("bench")
                .definedBy("dev.instar.bench..")
                .layer("cli")
                .definedBy("dev.instar.cli..")
                .whereLayer("cli")
                .mayNotBeAccessedByAnyLayer()
                .whereLayer("bench")
                .mayOnlyBeAccessedByLayers("cli")
                .whereLayer("gateway")
                .mayOnlyBeAccessedByLayers("bench", "cli")
                .whereLayer("engine")
                .mayOnlyBeAccessedByLayers("gateway", "bench", "cli")
                .whereLayer("runtime")
                .mayOnlyBeAccessedByLayers("engine", "gateway", "bench", "cli")
                .whereLayer("template")
                .mayOnlyBeAccessedByLayers("engine", "gateway", "bench", "cli")
                .whereLayer("sandbox")
                .mayOnlyBeAccessedByLayers("engine", "gateway", "bench", "cli")
                .whereLayer("linux")
                .mayOnlyBeAccessedByLayers("template", "sandbox", "runtime", "engine", "gateway", "bench", "cli")
                .check(code);
    }

    @Test
    void packagesHaveNoCycles() {
        slices().matching("dev.instar.(*)..").should().beFreeOfCycles().check(code);
        slices().matching("dev.instar.template.(*)..").should().beFreeOfCycles().check(code);
        slices().matching("dev.instar.engine.(*)..").should().beFreeOfCycles().check(code);
    }

    @Test
    void onlyTheLinuxModuleCallsForeignFunctions() {
        noClasses()
                .that()
                .resideOutsideOfPackage("dev.instar.linux..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("java.lang.foreign..")
                .check(code);
    }

    @Test
    void namesSayWhatThingsAre() {
        classes()
                .should()
                .haveSimpleNameNotEndingWith("Util")
                .andShould()
                .haveSimpleNameNotEndingWith("Utils")
                .andShould()
                .haveSimpleNameNotEndingWith("Manager")
                .andShould()
                .haveSimpleNameNotEndingWith("Helper")
                .check(code);
    }

    @Test
    void nothingExitsTheProcessButTheCommand() {
        noClasses()
                .that()
                .resideOutsideOfPackage("dev.instar.cli..")
                .should()
                .callMethod(System.class, "exit", int.class)
                .check(code);
    }
}
