/** The command that creates instances: it needs both what talks to EC2 and what runs scripts. */
export { create } from './create.ts';
