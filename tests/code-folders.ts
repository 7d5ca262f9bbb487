/** The folders of the repository that hold code of the product. A test of the styles fails where one is missing. */
export const codeFolders = [
  'activities',
  'adapters',
  'choreography',
  'coordinators',
  'crowd',
  'domain',
  'http',
  'messaging',
  'statistics',
  'synchronous',
  'tools',
  'tracking',
  'web',
  'workers',
  'workflows',
] as const;
