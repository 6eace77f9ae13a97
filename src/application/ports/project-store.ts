/** The store of projects. */
import type { Thing } from '../../contract/reach.ts';
import type { Project, ProjectLimits, ProjectLimitsChange } from '../../domain/project.ts';

/** Methods that change a project are a Problem `notFound` if there is none of that name. */
export interface ProjectStore {
  /** The project, or all of them, by name. */
  list(name?: string): Promise<readonly Project[]>;
  exists(name: string): Promise<boolean>;
  /** The name of the project that something belongs to; undefined if there is no such thing, or if it belongs to none. */
  ownerOf(thing: Thing, name: string): Promise<string | undefined>;
  /** A Problem `projectExists` if the name is taken. */
  create(name: string, limits: ProjectLimits): Promise<Project>;
  change(name: string, limits: ProjectLimitsChange): Promise<Project>;
  /** A Problem `projectInUse` while something belongs to it. */
  remove(name: string): Promise<void>;
}
